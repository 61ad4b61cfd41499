/// Why entropies cannot be computed or judged.
public enum EntropyError: Error, Equatable, CustomStringConvertible {
    /// A model without layers, or a layer without heads.
    case noHeads
    /// Windows have at least one position.
    case invalidContext(Int)
    /// The constant in the logarithm is not within ``AttentionRowEntropy/epsilons``.
    case invalidEpsilon
    /// There is no such head.
    case unknownHead(layer: Int, head: Int)
    /// The query's position is not in the window.
    case unknownQuery(Int, context: Int)
    /// The row has more keys than the window has positions.
    case rowTooLong(Int, context: Int)
    /// A causal row gives a later key a probability.
    case laterKey(layer: Int, head: Int, query: Int, key: Int)
    /// The row is no row of attention.
    case invalidRow(layer: Int, head: Int, query: Int, AttentionRowError)
    /// What a model's softmax gives is no row of attention.
    case divergedAttention(layer: Int, head: Int)
    /// No row of the head has come.
    case unseenHead(layer: Int, head: Int)
    /// Accumulators of different shapes or constants cannot be put together.
    case differentAccumulators
    /// A head's entropy is negative, infinite or no number.
    case invalidEntropy(layer: Int, head: Int)
    /// A maximum is negative, infinite or no number.
    case invalidMaximum
    /// One token attends to itself alone.
    case singleToken
    /// A number of the criteria is outside its range.
    case invalidCriterion(String)
    /// A number of the regulariser is negative or not finite.
    case invalidRegulariser(String)

    public var description: String {
        switch self {
        case .noHeads: "There are no heads to measure; give every layer at least one."
        case .invalidContext(let context): "Windows of \(context) tokens have no attention; use at least 1."
        case .invalidEpsilon: "The epsilon of an entropy must be 0 to \(AttentionRowEntropy.epsilons.upperBound)."
        case .unknownHead(let layer, let head): "There is no head \(head) in layer \(layer); count both from 0."
        case .unknownQuery(let query, let context):
            "There is no query \(query) in windows of \(context) tokens; positions are 0 to \(context - 1)."
        case .rowTooLong(let keys, let context):
            "A row of \(keys) keys does not fit windows of \(context) tokens; use longer windows."
        case .laterKey(let layer, let head, let query, let key):
            "Query \(query) of head \(head) in layer \(layer) attends to the later key \(key); give causal attention."
        case .invalidRow(let layer, let head, let query, let reason):
            "Layer \(layer), head \(head), query \(query): \(reason)"
        case .divergedAttention(let layer, let head):
            "The attention of layer \(layer), head \(head) is no number on this text: the weights have diverged; take an "
                + "earlier checkpoint or another model."
        case .unseenHead(let layer, let head):
            "No attention of head \(head) in layer \(layer) has been seen; give at least one row of every head."
        case .differentAccumulators:
            "Entropies of different heads, windows or epsilons cannot be put together; use equal settings."
        case .invalidEntropy(let layer, let head):
            "The entropy of head \(head) in layer \(layer) is negative or not finite; look for infinities in the model."
        case .invalidMaximum: "The maximum of entropies is negative or not finite; give one of at least 0."
        case .singleToken: "Windows of one token have no entropy to judge; use at least 2 tokens."
        case .invalidCriterion(let name): "\(name) must be from 0 to 1."
        case .invalidRegulariser(let name): "The regulariser's \(name) must be finite and not negative."
        }
    }
}

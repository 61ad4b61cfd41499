/// Why a model was not trained.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// The architecture has a part that the trainer has no gradient for.
    case unsupported(part: String)
    /// A setting is out of its range.
    case invalidSetting(name: String, requirement: String)
    /// The run needs more memory than the machine has.
    case tooLarge(gigabytes: Int, available: Int)
    /// A batch does not have the shape that the settings ask for, or a token is not in the vocabulary.
    case invalidBatch(String)
    /// The loss or the gradient became infinite or no number.
    case nonFiniteLoss(Divergence)
    /// A state to be restored is not that of this model.
    case foreignState(tensor: String)
    /// A state to be restored has a number that training never leaves.
    case impossibleState(tensor: String, reason: String)

    public var description: String {
        switch self {
        case .unsupported(let part):
            "Training has no gradient for \(part); choose one of the paper's nine architectures."
        case .invalidSetting(let name, let requirement): "The setting \(name) must be \(requirement)."
        case .tooLarge(let gigabytes, let available):
            """
            Training this needs about \(gigabytes) GB of memory and the machine has \(available); make the batch, the \
            context or the network smaller.
            """
        case .invalidBatch(let reason): "The batch cannot be trained on: \(reason)."
        case .nonFiniteLoss(let divergence): divergence.description
        case .foreignState(let tensor):
            "The tensor \(tensor) is missing or does not fit the model; give a checkpoint of the same settings."
        case .impossibleState(let tensor, let reason):
            "The tensor \(tensor) of the checkpoint cannot be: \(reason); start again with --restart."
        }
    }
}

/// Where a run came to a loss that is no number.
public struct Divergence: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The update that was not made, counted from 1.
    public let step: Int
    /// The layer whose mean head entropy fell below 5 % of log T first (``EntropyCriteria/nearZero``), or, if none did, the one
    /// whose was lowest.
    public let layer: Int
    /// The update at which that layer collapsed; nil if none did.
    public let collapsedAtStep: Int?
    /// The last finite mean head entropy of that layer, natural logarithm.
    public let entropy: Double
    /// The first layer whose attention was no number; nil if all attention was finite and only the loss or the gradient
    /// was not.
    public let firstNonFiniteLayer: Int?

    public var description: String {
        let what =
            collapsedAtStep.map { "the entropy of layer \(layer) collapsed first, at step \($0)" }
            ?? "no layer's entropy had collapsed, that of layer \(layer) was the lowest"
        let last = (entropy * 1e4).rounded() / 1e4
        return
            "The loss is not finite at step \(step): \(what), its last mean \(last); lower the learning rate or normalise."
    }
}

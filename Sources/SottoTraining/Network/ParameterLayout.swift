import SottoModel

/// Where each trained number lies in one flat buffer: the architecture's weights first, in their order, then what only
/// training knows (gains of weight normalisation, thresholds of the regulariser).
struct ParameterLayout {
    /// One tensor of the buffer.
    struct Entry {
        let name: String
        let shape: [Int]
        let range: Range<Int>
        /// Whether AdamW's weight decay shrinks it.
        let decays: Bool
    }

    let entries: [Entry]
    /// The elements of the architecture's weights, which lead the buffer.
    let weightCount: Int
    /// All elements.
    let count: Int
    private let offsets: [WeightName: Int]
    private let gains: [NormalizedMatrix: Range<Int>]
    private let thresholds: [Range<Int>]

    init(_ architecture: Architecture, normalized: [NormalizedMatrix], hasThresholds: Bool) {
        var entries: [Entry] = []
        var end = 0
        func append(_ name: String, _ shape: [Int], decays: Bool) -> Range<Int> {
            let range = end..<(end + shape.reduce(1, *))
            entries.append(Entry(name: name, shape: shape, range: range, decays: decays))
            end = range.upperBound
            return range
        }
        var offsets: [WeightName: Int] = [:]
        for (name, shape) in architecture.weightShapes {
            offsets[name] = append(name.description, shape, decays: name.isMatrix).lowerBound
        }
        weightCount = end
        var gains: [NormalizedMatrix: Range<Int>] = [:]
        for matrix in normalized where matrix.kind == .weight {
            gains[matrix] = append("\(matrix.name).gain", [matrix.columns.count], decays: false)
        }
        thresholds =
            hasThresholds
            ? architecture.layers.indices.map {
                append("h.\($0).attn.threshold", [architecture.heads], decays: false)
            } : []
        self.entries = entries
        self.offsets = offsets
        self.gains = gains
        count = end
    }

    /// Where a weight starts; nil if the architecture has none such.
    func offset(_ name: WeightName) -> Int? { offsets[name] }

    /// Where the gains of a matrix are.
    func gain(_ matrix: NormalizedMatrix) -> Range<Int>? { gains[matrix] }

    /// Where the thresholds of a layer's heads are.
    func threshold(layer: Int) -> Range<Int>? { thresholds.isEmpty ? nil : thresholds[layer] }
}

extension WeightName {
    /// Whether it is the matrix of a linear layer; embeddings, norms, biases and scalars are none.
    fileprivate var isMatrix: Bool {
        switch self {
        case .head: true
        case .layer(_, let part):
            [
                .queryKeyValueWeight, .attentionOutputWeight, .feedForwardInputWeight, .feedForwardOutputWeight,
                .fusedWeight,
            ].contains(part)
        default: false
        }
    }
}

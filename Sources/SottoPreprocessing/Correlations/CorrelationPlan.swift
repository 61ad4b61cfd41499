import SottoAlgebra

/// What the preprocessing of a program makes: correlations and the weights that they refer to.
package struct CorrelationPlan: Sendable {
    /// In declaration order: the order in which both parties talk about them.
    package let correlations: [any Correlation]
    package let weights: [WeightDeclaration]
    /// Who uses which, in declaration order.
    package let uses: [Use]
    /// The order in which the party that gets corrections takes them, each once: what a stream follows, so that nothing
    /// has to wait at its receiver.
    package let streamOrder: [Int]
    /// Rows of kept tensors that the run opens; nil where it keeps none.
    package let keptRows: Range<Int>?

    /// The correlations of an instruction.
    package struct Use: Sendable, Hashable {
        package let instruction: Int
        package let correlations: [Int]

        package init(instruction: Int, correlations: [Int]) {
            self.instruction = instruction
            self.correlations = correlations
        }
    }

    /// - Parameter streamOrder: by default that of the correlations.
    package init(
        correlations: [any Correlation], weights: [WeightDeclaration], uses: [Use] = [], streamOrder: [Int]? = nil,
        keptRows: Range<Int>? = nil
    ) {
        self.correlations = correlations
        self.weights = weights
        self.uses = uses
        self.keptRows = keptRows
        self.streamOrder = streamOrder ?? Array(correlations.indices)
    }

    /// Bytes of corrections by receiver.
    package var correctionBytes: ByParty<Int> { correlations.reduce(.zero) { $0 + $1.correctionBytes } }
}

/// A tensor that the server knows and that enters products under encryption by a one-time mask.
package struct WeightDeclaration: Sendable, Hashable, CanonicallyEncodable {
    package let name: String
    package let shape: [Int]
    /// Ring width of the products it enters.
    package let width: Int
    /// Its entries are integers of magnitude at most `2^magnitudeBits`, where that is declared.
    package let magnitudeBits: Int?

    package init(name: String, shape: [Int], width: Int, magnitudeBits: Int? = nil) {
        self.name = name
        self.shape = shape
        self.width = width
        self.magnitudeBits = magnitudeBits
    }

    package var count: Int { shape.reduce(1, *) }

    /// Bytes of the masked weight, from the server to the client, once in the setup.
    package var wireBytes: Int { WireSize.bytes(count: count, width: width) }

    /// Elements that travel in one frame: a multiple of 8, so that all frames together have as many bytes as one.
    package static let tileElements = 1 << 17

    /// Element ranges of the frames, at least one.
    package var tiles: [Range<Int>] {
        guard count > 0 else { return [0..<0] }
        return stride(from: 0, to: count, by: Self.tileElements).map { $0..<min($0 + Self.tileElements, count) }
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(name)
        encoder.append(shape)
        encoder.append(width)
        encoder.append(magnitudeBits ?? -1)
    }
}

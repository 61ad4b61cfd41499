/// A stand-in for LayerNorm that acts on weights: free in private inference, because export folds it into the matrices.
public struct WeightNormalization: Sendable, Hashable, Codable {
    /// How a matrix W is made from what is trained.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// `W = g·V/‖V‖` for every output, g learnable (Salimans and Kingma, arXiv 1602.07868).
        case weight
        /// `W = V/σ(V)`, σ the largest singular value by power iteration (Miyato et al., arXiv 1802.05957).
        case spectral
    }

    /// The matrices of a layer that can be normalised, each by itself.
    public enum Matrix: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
        case query
        case key
        case value
        case output
        /// Both matrices of an FFN, or the fused one.
        case feedForward = "ffn"

        public static func < (left: Self, right: Self) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    /// How.
    public var kind: Kind
    /// Which matrices, in every layer.
    public var matrices: Set<Matrix>

    /// This normalisation of these matrices.
    public init(_ kind: Kind, of matrices: Set<Matrix>) {
        self.kind = kind
        self.matrices = matrices
    }
}

extension WeightNormalization {
    private enum CodingKeys: String, CodingKey {
        case kind, matrices
    }

    /// The matrices in their order: the same settings are the same text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(matrices.sorted(), forKey: .matrices)
    }
}

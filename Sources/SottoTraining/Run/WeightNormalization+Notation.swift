extension WeightNormalization: CustomStringConvertible {
    /// The paper's names of unions of matrices.
    private static let unions: [String: Set<Matrix>] = [
        "QK": [.query, .key], "FFN": [.feedForward], "QKV": [.query, .key, .value],
        "QKVO": [.query, .key, .value, .output],
    ]

    /// Reads `weight` or `spectral`, a colon and matrices between commas or plus signs, such as `spectral:query,key,ffn` or,
    /// with the paper's unions QK, FFN, QKV and QKVO, `spectral:QK+FFN`; nil if it is nothing of that kind.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
        var matrices: Set<Matrix> = []
        for name in parts[1].split(omittingEmptySubsequences: false, whereSeparator: { $0 == "," || $0 == "+" }) {
            if let union = Self.unions[String(name)] {
                matrices.formUnion(union)
            } else if let matrix = Matrix(rawValue: String(name)) {
                matrices.insert(matrix)
            } else {
                return nil
            }
        }
        self.init(kind, of: matrices)
    }

    /// The kind and the matrices in the form that is read.
    public var description: String {
        "\(kind.rawValue):\(matrices.sorted().map(\.rawValue).joined(separator: ","))"
    }
}

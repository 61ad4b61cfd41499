/// How a model's weights lie in the tensors of a file.
enum HuggingFaceLayout: Sendable, Hashable {
    /// Tensors as ``WeightName`` describes them, matrices [in, out].
    case gpt2
    /// One matrix for each projection, [out, in].
    case llama

    /// A tensor of a file.
    struct Part {
        /// Its name without a prefix that may be missing.
        let name: String
        /// Its name in files that are written.
        let writtenName: String
        let shape: [Int]
    }

    private static let prefix = "transformer."

    /// What stands before all names but the head's; some files are of the network without a head and have it not.
    private var base: String { self == .gpt2 ? Self.prefix : "model." }

    /// A stored name, less a wrapper's prefix, as ``parts(of:shape:in:)`` has it.
    func canonicalName(_ stored: String) -> String {
        switch self {
        case .gpt2: stored.hasPrefix(base) ? String(stored.dropFirst(base.count)) : stored
        case .llama:
            ["embed_tokens.", "layers.", "norm."].contains(where: stored.hasPrefix) ? base + stored : stored
        }
    }

    /// What a wrapper has put before all names, told by the token embedding, which every file has.
    func wrapper(of names: [String]) -> String {
        let embedding = self == .gpt2 ? "wte.weight" : "embed_tokens.weight"
        let matches = names.filter { $0 == embedding || $0.hasSuffix("." + embedding) }
        guard matches.count == 1 else { return "" }
        let before = matches[0].dropLast(embedding.count)
        return String(before.hasSuffix(base) ? before.dropLast(base.count) : before)
    }

    /// Names in older files that are no weights.
    func buffers(ofLayer index: Int) -> [String] {
        switch self {
        case .gpt2: ["h.\(index).attn.bias", "h.\(index).attn.masked_bias"]
        case .llama: ["model.layers.\(index).self_attn.rotary_emb.inv_freq"]
        }
    }

    /// The stored tensors that make up a weight of this shape.
    func parts(of name: WeightName, shape: [Int], in architecture: Architecture) -> [Part] {
        switch self {
        case .gpt2:
            let prefix = name == .head ? "" : Self.prefix
            return [Part(name: name.description, writtenName: prefix + name.description, shape: shape)]
        case .llama:
            guard let matrices = Self.matrices(name, architecture) else {
                return [Part(llama: Self.llamaName(name), shape: shape)]
            }
            return matrices.map { Part(llama: $0.name, shape: [$0.outputs, shape[0]]) }
        }
    }

    /// A weight from its stored tensors.
    func joined(_ parts: [WeightTensor], _ name: WeightName) -> WeightTensor {
        guard self == .llama, name.isMatrixOfLayer else { return parts[0] }
        let (inputs, outputs) = (parts[0].shape[1], parts.reduce(0) { $0 + $1.shape[0] })
        var values = [Float](repeating: 0, count: inputs * outputs)
        var offset = 0
        for part in parts {
            Self.transpose(
                part.values, rows: part.shape[0], columns: inputs, into: &values, at: offset, stride: outputs)
            offset += part.shape[0]
        }
        return WeightTensor(shape: [inputs, outputs], values: values)
    }

    /// The stored tensors of a weight; undoes ``joined(_:_:)``.
    func split(_ weight: WeightTensor, _ name: WeightName, into parts: [Part]) -> [WeightTensor] {
        guard self == .llama, name.isMatrixOfLayer else { return [weight] }
        let (inputs, outputs) = (weight.shape[0], weight.shape[1])
        var transposed = [Float](repeating: 0, count: weight.count)
        Self.transpose(
            weight.values, rows: inputs, columns: outputs, into: &transposed, at: 0, stride: inputs)
        var row = 0
        return parts.map { part in
            defer { row += part.shape[0] }
            return WeightTensor(
                shape: part.shape, values: Array(transposed[(row * inputs)..<((row + part.shape[0]) * inputs)]))
        }
    }

    /// Writes the transpose of `[rows, columns]` to the columns from `offset` on of rows of `stride` elements, in square
    /// blocks that stay in the cache.
    private static func transpose(
        _ source: [Float], rows: Int, columns: Int, into target: inout [Float], at offset: Int, stride: Int
    ) {
        let block = 32
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                for top in Swift.stride(from: 0, to: rows, by: block) {
                    for left in Swift.stride(from: 0, to: columns, by: block) {
                        for row in top..<min(top + block, rows) {
                            for column in left..<min(left + block, columns) {
                                target[column * stride + offset + row] = source[row * columns + column]
                            }
                        }
                    }
                }
            }
        }
    }

    /// The matrices that lie side by side in a weight, or nil if it is stored as it is.
    private static func matrices(
        _ name: WeightName, _ architecture: Architecture
    ) -> [(name: String, outputs: Int)]? {
        guard case .layer(let index, let part) = name else { return nil }
        let inner = architecture.feedForwardWidth
        let matrices: [(String, Int)]? =
            switch part {
            case .queryKeyValueWeight:
                [
                    ("self_attn.q_proj", architecture.width), ("self_attn.k_proj", architecture.keyValueWidth),
                    ("self_attn.v_proj", architecture.keyValueWidth),
                ]
            case .attentionOutputWeight: [("self_attn.o_proj", architecture.width)]
            case .feedForwardInputWeight: [("mlp.gate_proj", inner), ("mlp.up_proj", inner)]
            case .feedForwardOutputWeight: [("mlp.down_proj", architecture.width)]
            default: nil
            }
        return matrices?.map { ("model.layers.\(index).\($0.0).weight", $0.1) }
    }

    private static func llamaName(_ name: WeightName) -> String {
        switch name {
        case .tokenEmbedding: "model.embed_tokens.weight"
        case .finalNormGamma: "model.norm.weight"
        case .layer(let index, .norm1Gamma): "model.layers.\(index).input_layernorm.weight"
        case .layer(let index, .norm2Gamma): "model.layers.\(index).post_attention_layernorm.weight"
        // LLaMA has no other weights but the head, whose name is the same.
        default: name.description
        }
    }
}

extension HuggingFaceLayout.Part {
    fileprivate init(llama name: String, shape: [Int]) { self.init(name: name, writtenName: name, shape: shape) }
}

extension WeightName {
    fileprivate var isMatrixOfLayer: Bool {
        guard case .layer(_, let part) = self else { return false }
        return [
            .queryKeyValueWeight, .attentionOutputWeight, .feedForwardInputWeight, .feedForwardOutputWeight,
        ].contains(part)
    }
}

import SottoModel

/// LLaMA's parts in a small network.
public struct LLaMACase: Sendable, CustomStringConvertible {
    public let name: String
    public let architecture: Architecture
    public var description: String { name }

    private init(_ name: String, _ architecture: Architecture) { (self.name, self.architecture) = (name, architecture) }

    /// The paper's networks as LLaMA's heads, and mixtures that no model has.
    public static let all: [LLaMACase] = {
        var cases: [LLaMACase] = []
        for notation in Architecture.Notation.all.dropLast() {
            guard let architecture = try? Architecture.smallLLaMA().withNotation(notation) else { continue }
            cases.append(LLaMACase(notation.name, architecture))
        }
        let mixed: [(String, Int, Int, Architecture.Positions, Bool, Architecture.Layer, Architecture.Norm)] = [
            ("biases", 4, 1, .rotary(theta: 100), true, .llama, .rmsNorm),
            ("learned positions", 2, 1, .learned, true, .init(norm1: .rmsNorm, activation: .silu), .layerNorm),
            ("no biases after LayerNorm", 4, 2, .learned, false, .init(feedForward: .init(gated: true)), .layerNorm),
            ("scaled gate", 2, 2, .rotary(theta: 1), false, scaledGate, .none),
            ("fused after a norm", 8, 2, .rotary(theta: 9), false, fusedAfterNorm, .rmsNorm),
        ]
        for (name, heads, shared, positions, biases, layer, finalNorm) in mixed {
            let architecture = try? Architecture(
                layers: [layer, layer], heads: heads, keyValueHeads: shared, width: 16, feedForwardWidth: 13,
                context: 16,
                vocabulary: 19, tiedHead: true, finalNorm: finalNorm, positions: positions, hasBiases: biases)
            if let architecture { cases.append(LLaMACase(name, architecture)) }
        }
        return cases
    }()

    private static let scaledGate = Architecture.Layer(
        norm1: .none, norm2: .rmsNorm, activation: .gelu, feedForward: .init(scaled: true, gated: true),
        temperature: true)
    private static let fusedAfterNorm = Architecture.Layer(
        norm1: .layerNorm, norm2: .rmsNorm, activation: .identity, feedForward: .init(fused: true))
}

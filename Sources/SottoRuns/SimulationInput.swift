import SottoModel
import SottoPrivateTransformer
import SottoTokenization

/// What a simulation runs on.
public enum SimulationInput: Sendable, Hashable {
    case tokens([Int])
    /// Hidden states `[positions, width]`, row-major, for a model's blocks alone.
    case hidden([Float])

    /// Tokens of a vocabulary, all alike likely; the same seed gives the same tokens.
    public static func randomTokens(_ count: Int, vocabulary: Int, seed: UInt64) -> SimulationInput {
        var generator = SplitMix64(state: seed)
        return .tokens((0..<count).map { _ in Int.random(in: 0..<vocabulary, using: &generator) })
    }

    /// Hidden states of mean 0 and standard deviation 1; the same seed gives the same states.
    public static func randomHidden(positions: Int, width: Int, seed: UInt64) -> SimulationInput {
        .hidden(randomHiddenStates(positions: positions, width: width, seed: seed))
    }

    /// As ``randomHidden(positions:width:seed:)`` has them.
    package static func randomHiddenStates(positions: Int, width: Int, seed: UInt64) -> [Float] {
        SplitMix64.normals(positions * width, seed: seed, deviation: 1)
    }

    /// - Throws: `ReferenceModelError/raggedHiddenStates(_:width:)`.
    func positions(width: Int) throws -> Int {
        switch self {
        case .tokens(let tokens): return tokens.count
        case .hidden(let hidden):
            guard hidden.count.isMultiple(of: width) else {
                throw ReferenceModelError.raggedHiddenStates(hidden.count, width: width)
            }
            return hidden.count / width
        }
    }

    /// The client's tensors.
    /// - Throws: `TokenizerError` or `FixedPointError`.
    func clientInput(_ architecture: Architecture) throws -> ClientInput {
        switch self {
        case .tokens(let tokens): try ClientInput(tokens: tokens, vocabulary: architecture.vocabulary)
        case .hidden(let hidden): try ClientInput(hidden: hidden.map { Double($0) }, bounds: architecture.bounds)
        }
    }

    /// - Throws: ``RunError/unsuitableInput(output:)`` if it is nothing for runs of this output.
    func check(for output: ForwardPass.Output) throws(RunError) {
        let isHidden = if case .hidden = self { true } else { false }
        guard isHidden == (output == .blocks) else { throw .unsuitableInput(output: output) }
    }
}

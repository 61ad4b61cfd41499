import SottoModel
import SottoPrivateTransformer
import SottoSessions

/// What of a model is run, and how often.
public enum RunKind: Sendable, Hashable {
    /// One inference, and whose outputs the client learns; the first positions may be those of earlier ones.
    case inference(ForwardPass.Output, past: Int = 0)
    /// A greedy completion: an inference on the prompt, and for each token but the last one more on that token alone, with the
    /// logits of the last position.
    case completion(tokens: Int)

    public var output: ForwardPass.Output {
        switch self {
        case .inference(let output, _): output
        case .completion: .last
        }
    }

    /// Programs of the session.
    public var inferences: Int {
        switch self {
        case .inference: 1
        case .completion(let tokens): tokens
        }
    }

    /// The programs of the session, one after the other, each of which goes on from the one before.
    /// - Parameter positions: of the first one, those of earlier inferences included.
    /// - Throws: ``RunError/noTokens``, or `ArchitectureError` for lengths that do not fit the context.
    public func passes(
        of architecture: Architecture, positions: Int, exactOpenings: Bool = false
    ) throws -> [ForwardPass] {
        guard inferences >= 1 else { throw RunError.noTokens }
        if case .inference(let output, let past) = self {
            return [
                try ForwardPass(
                    architecture: architecture, past: past, new: positions - past, output: output,
                    exactOpenings: exactOpenings)
            ]
        }
        return try (0..<inferences).map {
            try ForwardPass(
                architecture: architecture, past: $0 == 0 ? 0 : positions + $0 - 1, new: $0 == 0 ? positions : 1,
                output: output, exactOpenings: exactOpenings, keeps: inferences > 1)
        }
    }
}

/// What cannot be run, or not be counted.
public enum RunError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A completion of no tokens.
    case noTokens
    /// Hidden states where a model takes tokens, or tokens where its blocks take hidden states.
    case unsuitableInput(output: ForwardPass.Output)
    /// More tokens than a model sees at once.
    case windowTooLong(window: Int, context: Int)
    /// A completion whose bytes or flops no counter holds.
    case uncountable(tokens: Int)

    public var description: String {
        switch self {
        case .noTokens:
            "A completion has no tokens; ask for at least one."
        case .unsuitableInput(let output):
            output == .blocks
                ? "The blocks of a model run on hidden states; give no tokens."
                : "A model runs on tokens; give no hidden states."
        case .windowTooLong(let window, let context):
            "--context \(window) is more than the model's context of \(context); lower it."
        case .uncountable(let tokens):
            "\(tokens) tokens of this model cost more than can be counted; lower --generate."
        }
    }
}

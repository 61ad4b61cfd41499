import SottoModel
import SottoPrivateTransformer
import SottoTokenization

extension RangeCheck {
    /// Compares all values of a text's forward passes with the declared bounds, in windows of the model's context that do
    /// not overlap.
    /// - Parameters:
    ///   - goesOn: whether to go on where a value has left its bound.
    ///   - progress: told the fraction done.
    /// - Throws: `OutOfRangeError` after the first window that a value leaves its bound in unless the check goes on,
    ///   `TokenizerError`, and errors of programs that cannot be built.
    public mutating func check(
        text tokens: [Int], architecture: Architecture, goesOn: Bool = false, progress: ((Double) -> Void)? = nil
    ) throws {
        for start in stride(from: 0, to: tokens.count, by: architecture.context) {
            let window = Array(tokens[start..<min(start + architecture.context, tokens.count)])
            try check(
                ForwardPass(architecture: architecture, new: window.count, output: .all),
                ClientInput(tokens: window, vocabulary: architecture.vocabulary))
            progress?(Double(start + window.count) / Double(tokens.count))
            if !goesOn { try requireWithin() }
        }
    }

    /// Compares all values of a completion with the declared bounds: every one is of a single pass over all its tokens but
    /// the last.
    /// - Parameter tokens: the prompt's and the completion's, at least 2.
    /// - Throws: `ArchitectureError` for lengths that do not fit the context, `TokenizerError`, and errors of programs that
    ///   cannot be built.
    public mutating func check(completion tokens: [Int], architecture: Architecture) throws {
        try check(
            ForwardPass(architecture: architecture, new: tokens.count - 1, output: .all),
            ClientInput(tokens: tokens.dropLast(), vocabulary: architecture.vocabulary))
    }
}

import SottoAlgebra
import SottoModel
import SottoSecureComputation
import SottoTokenization

/// The client's tensors of a forward pass.
public struct ClientInput: TensorSource {
    private enum Content: Sendable {
        /// As one-hot rows of the whole vocabulary, or of an ``EmbeddingTable``.
        case tokens([Int], vocabulary: Int)
        case hidden([Int64])
    }

    private let content: Content

    /// Token ids as a one-hot matrix `[count, vocabulary]`, or the two that an ``EmbeddingTable`` takes.
    /// - Throws: ``TokenizerError/unknownToken(_:vocabulary:)``.
    public init(tokens: [Int], vocabulary: Int) throws {
        for token in tokens where !(0..<vocabulary).contains(token) {
            throw TokenizerError.unknownToken(token, vocabulary: vocabulary)
        }
        content = .tokens(tokens, vocabulary: vocabulary)
    }

    /// Hidden states, row-major, of at most the bound of the residual stream, up to the next power of two.
    /// - Throws: `FixedPointError`.
    public init(hidden: [Double], bounds: Bounds = Bounds()) throws {
        let format = NumericFormat()
        content = .hidden(
            try FixedPoint(fractionBits: format.fractionBits).encode(
                hidden, magnitudeBits: format.magnitudeBits(bound: bounds.bound(.residual))))
    }

    public func tensor(_ name: String) throws -> [Int64] {
        switch content {
        case .tokens(let tokens, let vocabulary):
            guard let oneHot = EmbeddingTable.OneHot(input: name, vocabulary: vocabulary) else {
                throw InterpreterError.missingInput(name: name)
            }
            let count = tokens.count * oneHot.columns
            return try tensor(name, count: count, range: 0..<count)
        case .hidden(let values):
            guard name == ForwardPass.hidden else { throw InterpreterError.missingInput(name: name) }
            return values
        }
    }

    /// Makes the wanted rows alone.
    public func tensor(_ name: String, count: Int, range: Range<Int>) throws -> [Int64] {
        guard case .tokens(let tokens, let vocabulary) = content,
            let oneHot = EmbeddingTable.OneHot(input: name, vocabulary: vocabulary)
        else {
            let values = try tensor(name)
            guard values.count == count else {
                throw InterpreterError.inputSize(name: name, expected: count, got: values.count)
            }
            return range.count == count ? values : Array(values[range])
        }
        guard count == tokens.count * oneHot.columns else {
            throw InterpreterError.inputSize(name: name, expected: count, got: tokens.count * oneHot.columns)
        }
        var values = [Int64](repeating: 0, count: range.count)
        for (row, token) in tokens.enumerated() {
            guard let column = oneHot.column(of: token) else { continue }
            let place = row * oneHot.columns + column
            if range.contains(place) { values[place - range.lowerBound] = 1 }
        }
        return values
    }
}

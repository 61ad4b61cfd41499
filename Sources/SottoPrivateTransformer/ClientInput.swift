import SottoAlgebra
import SottoModel
import SottoSecureComputation

/// The client's tensors of a forward pass.
public struct ClientInput: TensorSource {
    private enum Content: Sendable {
        /// As one-hot rows.
        case tokens([Int], vocabulary: Int)
        case hidden([Int64])
    }

    private let content: Content

    /// Token ids as a one-hot matrix `[count, vocabulary]`.
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
            guard name == ForwardPass.tokens else { throw InterpreterError.missingInput(name: name) }
            return try tensor(name, count: tokens.count * vocabulary, range: 0..<(tokens.count * vocabulary))
        case .hidden(let values):
            guard name == ForwardPass.hidden else { throw InterpreterError.missingInput(name: name) }
            return values
        }
    }

    /// Makes the wanted rows alone.
    public func tensor(_ name: String, count: Int, range: Range<Int>) throws -> [Int64] {
        guard case .tokens(let tokens, let vocabulary) = content, name == ForwardPass.tokens else {
            let values = try tensor(name)
            guard values.count == count else {
                throw InterpreterError.inputSize(name: name, expected: count, got: values.count)
            }
            return range.count == count ? values : Array(values[range])
        }
        guard count == tokens.count * vocabulary else {
            throw InterpreterError.inputSize(name: name, expected: count, got: tokens.count * vocabulary)
        }
        var oneHot = [Int64](repeating: 0, count: range.count)
        for (row, token) in tokens.enumerated() where range.contains(row * vocabulary + token) {
            oneHot[row * vocabulary + token - range.lowerBound] = 1
        }
        return oneHot
    }
}

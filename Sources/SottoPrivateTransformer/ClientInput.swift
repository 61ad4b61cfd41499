import Algebra
import SecureComputation
import SottoModel

/// The client's tensors of a forward pass.
public struct ClientInput: TensorSource {
    private let name: String
    private let values: [Int64]

    /// Token ids as a one-hot matrix `[count, vocabulary]`.
    /// - Throws: ``TokenizerError/unknownToken(_:vocabulary:)``.
    public init(tokens: [Int], vocabulary: Int) throws {
        var oneHot = [Int64](repeating: 0, count: tokens.count * vocabulary)
        for (row, token) in tokens.enumerated() {
            guard (0..<vocabulary).contains(token) else {
                throw TokenizerError.unknownToken(token, vocabulary: vocabulary)
            }
            oneHot[row * vocabulary + token] = 1
        }
        name = ForwardPass.tokens
        values = oneHot
    }

    /// Hidden states, row-major, of at most the bound of the residual stream, up to the next power of two.
    /// - Throws: `FixedPointError`.
    public init(hidden: [Double], bounds: Bounds = Bounds()) throws {
        let format = NumericFormat()
        name = ForwardPass.hidden
        values = try FixedPoint(fractionBits: format.fractionBits).encode(
            hidden, magnitudeBits: format.magnitudeBits(bound: bounds.bound(.residual)))
    }

    public func tensor(_ name: String) throws -> [Int64] {
        guard name == self.name else { throw InterpreterError.missingInput(name: name) }
        return values
    }
}

import SottoAlgebra
import SottoPreprocessing

/// Bits that the client holds in the clear enter the program: the lowest ones of a tensor's integers. They are not shared.
/// - Communication: none.
struct ClientBitInput: LocalPrimitive {
    let name: String
    /// Of the whole tensor.
    let count: Int
    /// The elements that enter here.
    let range: Range<Int>
    let output: Int

    var label: String { "input" }
    var inputs: [Int] { [] }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: "input of bits", elements: range.count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append(name)
        encoder.append([count, range.lowerBound, range.upperBound])
    }

    func evaluate(_ state: PlaintextState) throws {
        state.set(output, bits: [Self.lowestBits(try state.tensor(name, count: count, range: range))])
    }

    /// The server holds zeros.
    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        guard state.party == .client else {
            state.set(output, .bits([BitVector(repeating: false, count: range.count)]))
            return []
        }
        let values = state.domain.decode(try state.tensor(name, count: count, range: range), width: 64)
        state.set(output, .bits([Self.lowestBits(values)]))
        return []
    }

    private static func lowestBits(_ values: [Int64]) -> BitVector {
        var words = [UInt64](repeating: 0, count: BitVector.wordCount(values.count))
        for (index, value) in values.enumerated() {
            words[index >> 6] |= (UInt64(bitPattern: value) & 1) << UInt64(index & 63)
        }
        return BitVector(words: words, count: values.count)
    }
}

extension ProgramBuilder {
    /// The lowest bits of some rows of a tensor `[rows, ...]` that the client holds in the clear, row by row.
    public func clientBits(_ name: String, shape: [Int], rows: Range<Int>) -> ClientBits {
        declare(InputDeclaration(name: name, owner: .client, shape: shape))
        let columns = shape.dropFirst().reduce(1, *)
        let range = (rows.lowerBound * columns)..<(rows.upperBound * columns)
        let output = ClientBits(slot: newSlot(bits: range.count), count: range.count)
        emit(ClientBitInput(name: name, count: shape.reduce(1, *), range: range, output: output.slot))
        return output
    }
}

import SottoAlgebra
import SottoPreprocessing

/// For the mask `a` of a value opened in a narrow ring, without its lowest bits, and its highest bit `m`, shares in a wider ring
/// of `a`, `m`, `a²` and `m·a`.
package struct ExtendedSquaresCorrelation: Correlation {
    package let mask: MaskView<RingMask>
    package let count: Int
    package let maskWidth: Int
    package let droppedBits: Int
    /// Of the squares.
    package let width: Int

    package func masks(of party: Party) -> CorrelationFields { .none }
    package var products: CorrelationFields {
        CorrelationFields(
            vectors: 0, bits: count,
            tensors: [CorrelationFields.Tensor](repeating: .init(count: count, width: width), count: 4))
    }
    /// Who gets less for server products.
    package var corrected: Corrected { .shares(of: .client) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let words = try dealer.ringWords()
        let (whole, m) = OpenedExtension(width: maskWidth).parts(words.words(try dealer.mask(mask)))
        let a = whole.map { $0 >> UInt64(droppedBits) }
        return CorrelationMaterial(
            tensors: [a, m, a.map { $0 &* $0 }, zip(m, a).map { $0 &* $1 }].map { words.elements($0) })
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("extended squares")
        encoder.append(mask)
        encoder.append([count, maskWidth, droppedBits, width])
    }
}

/// The sums by row of the squares of `x / 2^droppedBits`, rounded down or one less, of a value `x` that was opened in a narrow
/// ring, in a wider one, see ``OpenedExtension``.
/// - Communication: none.
struct ExtendedSquares: Primitive {
    let input: Int
    let rows: Int
    let columns: Int
    let correlation: CorrelationHandle<ExtendedSquaresCorrelation>
    let output: Int

    private var keys: ExtendedSquaresCorrelation { correlation.kind }
    var label: String { "square" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    /// On words; its time follows its elements.
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: "square extended", elements: 6 * rows * columns) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([rows, columns, keys.maskWidth, keys.droppedBits, keys.width])
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: keys.maskWidth - 2)
        let x = values.map { $0 >> Int64(keys.droppedBits) }
        state.set(output, state.product(x, x, shape: .rowDots(rows: rows, columns: columns)))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords()
        let extended = OpenedExtension(width: keys.maskWidth)
        let d = words.words(try state.masked(input).difference)
        let dealt = try state.take(correlation).products.tensors.map { words.words($0) }
        let own: UInt64 = state.isServer ? .max : 0
        let dropped = UInt64(keys.droppedBits)
        let weight = extended.weight >> dropped
        let sums = (0..<rows).map { row -> UInt64 in
            var sum: UInt64 = 0
            for i in (row * columns)..<((row + 1) * columns) {
                let (shift, isSigned) = extended.opened(d[i])
                let s = UInt64(bitPattern: Int64(bitPattern: shift) >> Int64(dropped))
                let sign = weight & isSigned
                let a = dealt[0][i] &- sign &* dealt[1][i]
                // (a - w·m)² for a bit m.
                let square = dealt[2][i] &+ sign &* (sign &* dealt[1][i] &- 2 &* dealt[3][i])
                sum &+= (s &* s & own) &+ 2 &* s &* a &+ square
            }
            return sum
        }
        state.set(output, .elements(words.elements(sums)))
        return []
    }
}

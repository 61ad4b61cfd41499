import SottoAlgebra
import SottoPreprocessing

/// For the mask `a` of a value opened in a narrow ring, and the mask `b` of one opened in the product's, shares in the product's
/// ring of `a` and its highest bit `m`, and of `a·b` and `m·b`.
package struct ExtendedProductCorrelation: Correlation {
    package let left: MaskView<RingMask>
    package let leftWidth: Int
    package let right: MaskView<RingMask>
    package let count: Int
    /// Of the product.
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
        let (a, m) = OpenedExtension(width: leftWidth).parts(words.words(try dealer.mask(left)))
        let b = words.words(try dealer.mask(right))
        return CorrelationMaterial(
            tensors: [a, m, zip(a, b).map { $0 &* $1 }, zip(m, b).map { $0 &* $1 }].map { words.elements($0) })
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("extended product")
        encoder.append(left)
        encoder.append(right)
        encoder.append([leftWidth, count, width])
    }
}

/// The products, element by element, of a value that was opened in a narrow ring with one that was opened in the product's:
/// `(s + a)·(e + b)` for public `s` and `e`, see ``OpenedExtension``.
/// - Communication: none.
struct ExtendedProduct: Primitive {
    let left: Int
    let right: Int
    let correlation: CorrelationHandle<ExtendedProductCorrelation>
    let output: Int

    private var count: Int { correlation.kind.count }
    var label: String { "multiply" }
    var inputs: [Int] { [left, right] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    /// On words; its time follows its elements.
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: "multiply extended", elements: 8 * count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, correlation.kind.leftWidth, correlation.kind.width])
    }

    func evaluate(_ state: PlaintextState) throws {
        let x = try state.values(left)
        state.check(x, magnitudeBits: correlation.kind.leftWidth - 2)
        state.set(output, state.product(x, try state.values(right), shape: .elementwise(count: count)))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords()
        let extended = OpenedExtension(width: correlation.kind.leftWidth)
        let d = words.words(try state.masked(left).difference)
        let (e, b) = try state.masked(right)
        let (difference, mask) = (words.words(e), words.words(b))
        let dealt = try state.take(correlation).products.tensors.map { words.words($0) }
        let own: UInt64 = state.isServer ? .max : 0
        let product = [UInt64](unsafeUninitializedCapacity: count) { out, initialized in
            initialized = count
            for i in 0..<count {
                let (shift, isSigned) = extended.opened(d[i])
                let sign = extended.weight & isSigned
                let a = dealt[0][i] &- sign &* dealt[1][i]
                let ab = dealt[2][i] &- sign &* dealt[3][i]
                out[i] = shift &* (mask[i] &+ (difference[i] & own)) &+ difference[i] &* a &+ ab
            }
        }
        state.set(output, .elements(words.elements(product)))
        return []
    }
}

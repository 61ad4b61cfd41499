import SottoAlgebra
import SottoApproximation
import SottoFunctionSecretSharing
import SottoPreprocessing

/// `e^x` at ``FixedPointExponential/resultScale`` of a secret `x` whose difference to a mask is open, by one key an element, see
/// ``WindowGate``: `e^d` is public, `e^r` what the key hides. Zero below the window.
/// - Communication: none.
struct ExponentialEvaluation: Primitive {
    let input: Int
    let count: Int
    let gate: WindowGate
    let keys: CorrelationHandle<ComparisonKeys>
    let output: Int

    var label: String { "exponential-gate" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[keys.index]] }
    var flops: Int { 0 }
    var work: LocalWork {
        LocalWork(kernel: label, elements: count * keys.kind.format.nodes(gate.clusters))
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, gate.width, gate.windowBits, gate.droppedBits, gate.ring])
        encoder.append(gate.start)
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: gate.width - 1)
        // In the clear the mask is zero, so that nothing carries.
        let secret = FixedPointExponential.secretFactor([0], carry: false)[0]
        let moved = values.map { UInt64(bitPattern: $0 &- gate.start) }
        let factors = FixedPointExponential.publicFactor(moved, carry: false)
        state.set(
            output,
            moved.indices.map {
                moved[$0] >> UInt64(gate.windowBits) == 0 ? Int64(bitPattern: secret &* factors[$0]) : 0
            })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords()
        let differences = words.words(try state.masked(input).difference)
        let moved = differences.map { gate.moved($0) }
        let results = try gate.evaluate(
            differences,
            factors: (
                FixedPointExponential.publicFactor(moved, carry: true),
                FixedPointExponential.publicFactor(moved, carry: false)
            ), try state.take(keys, words))
        state.set(output, .elements(words.elements(results)))
        return []
    }
}

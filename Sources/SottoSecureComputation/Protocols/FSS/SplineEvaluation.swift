import SottoAlgebra
import SottoFunctionSecretSharing
import SottoPreprocessing

/// Piecewise polynomials of a secret `x` whose difference to a mask is open, by one key an element for all of them, see
/// ``SplineGate``. Exact modulo the gate's ring for the piece that `x`, rounded to a cell, lies in.
/// - Communication: none.
struct SplineEvaluation: Primitive {
    let input: Int
    let count: Int
    let gate: SplineGate
    let keys: CorrelationHandle<ComparisonKeys>
    /// By function.
    let outputs: [Int]

    var label: String { "spline-gate" }
    var inputs: [Int] { [input] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[keys.index]] }
    /// On words; its time follows its elements.
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * keys.kind.format.nodes(gate.clusters)) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, gate.width, gate.droppedBits, gate.ring])
        encoder.append(gate.knots)
        for function in gate.functions {
            encoder.append(function.origins)
            for row in function.rows { encoder.append(row) }
        }
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: gate.width - 1)
        for (function, output) in zip(gate.functions, outputs) {
            state.set(
                output,
                values.map { x in
                    let cell = x >> Int64(gate.droppedBits)
                    let piece = gate.knots.count { $0 <= cell }
                    let v = x &- function.origins[piece]
                    return function.rows[piece].reversed().reduce(Int64(0)) { $0 &* v &+ $1 }
                })
        }
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords()
        let differences = words.words(try state.masked(input).difference)
        let results = try gate.evaluate(differences, try state.take(keys, words))
        for (output, result) in zip(outputs, results) { state.set(output, .elements(words.elements(result))) }
        return []
    }
}

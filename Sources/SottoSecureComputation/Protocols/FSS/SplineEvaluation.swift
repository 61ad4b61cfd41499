import SottoAlgebra
import SottoFunctionSecretSharing
import SottoPreprocessing

/// Piecewise polynomials of a secret `x` whose difference to a mask is open, by one key an element for all of them, see
/// ``SplineGate``. Exact modulo the gate's ring for the piece that `x`, rounded to a cell, lies in.
/// - Communication: none.
struct SplineEvaluation: Primitive {
    let input: Int
    /// A secret that all functions are multiplied by, whose difference to a mask is open in the gate's ring.
    var factor: Int?
    let count: Int
    let gate: SplineGate
    let keys: CorrelationHandle<ComparisonKeys>
    /// By function.
    let outputs: [Int]

    var label: String { "spline-gate" }
    var inputs: [Int] { [input] + (factor.map { [$0] } ?? []) }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[keys.index]] }
    /// On words; its time follows its elements.
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * keys.kind.format.nodes(gate.clusters)) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, gate.width, gate.droppedBits, gate.ring, gate.isMultiplied ? 1 : 0])
        encoder.append(gate.knots)
        for function in gate.functions {
            encoder.append(function.origins)
            for row in function.rows { encoder.append(row) }
        }
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: gate.width - 1)
        let factors = try factor.map { try state.values($0) }
        for (function, output) in zip(gate.functions, outputs) {
            let results = values.map { x in
                let cell = x >> Int64(gate.droppedBits)
                let piece = gate.knots.count { $0 <= cell }
                let v = x &- function.origins[piece]
                return function.rows[piece].reversed().reduce(Int64(0)) { $0 &* v &+ $1 }
            }
            state.set(output, factors.map { zip(results, $0).map { $0 &* $1 } } ?? results)
        }
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords()
        let differences = words.words(try state.masked(input).difference)
        let own = try state.take(keys, words)
        let results =
            try factor.map { factor in
                try gate.evaluate(differences, times: words.words(try state.masked(factor).difference), own)
            } ?? gate.evaluate(differences, own)
        for (output, result) in zip(outputs, results) { state.set(output, .elements(words.elements(result))) }
        return []
    }
}

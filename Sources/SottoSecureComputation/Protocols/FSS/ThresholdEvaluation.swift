import SottoAlgebra
import SottoFunctionSecretSharing
import SottoPreprocessing

/// `[x >= t]` for several public thresholds of a secret `x` whose difference to a mask is open, as XOR-shared bits, by one key
/// an element, see ``ThresholdGate``. Exact.
/// - Communication: none.
struct ThresholdEvaluation: Primitive {
    let input: Int
    let count: Int
    let gate: ThresholdGate
    /// By plane of the output, which of the gate's thresholds it is of.
    let planes: [Int]
    let keys: CorrelationHandle<ComparisonKeys>
    let output: Int

    var label: String { "threshold-gate" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[keys.index]] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * keys.kind.format.nodes(gate.clusters)) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, gate.width])
        encoder.append(gate.thresholds)
        encoder.append(planes)
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: gate.width - 1)
        state.set(
            output,
            bits: planes.map { plane in
                let threshold = gate.thresholds[plane]
                var bits = BitVector(repeating: false, count: count)
                for i in values.indices where values[i] >= threshold { bits[i] = true }
                return bits
            })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords()
        let differences = words.words(try state.masked(input).difference)
        let bits = try gate.evaluate(differences, try state.take(keys, words))
        state.set(output, .bits(planes.map { bits[$0] }))
        return []
    }
}

import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation

/// Turns metered runs into a model of local work: each kind of work gets its line.
public struct Calibrator: Sendable {
    private var fits: [WorkKind: ComputeFit] = [:]

    package init() {}

    /// Adds a program that was run several times, with the median time of everything that was done.
    /// - Parameters:
    ///   - inferences: runs that their sessions were declared to have.
    ///   - traces: of all runs, both parties'.
    ///   - setups: of all runs, both parties'.
    package mutating func add(
        _ program: Program, inferences: Int = 1, traces: [Trace], setups: [ByParty<SetupRecord>]
    ) {
        let memory = program.target.preprocessing.memory(afterSetupOf: program.plan, inferences: inferences)
        let work = ProgramWork(program, memory)
        for party in Party.allCases {
            let times = traces.map { $0.times[party] }
            for instruction in 0..<work.count {
                let runs = times.compactMap { $0[instruction] }
                guard let first = runs.first else { continue }
                for place in first.steps.indices {
                    add(work.online(party, instruction: instruction, place: place), runs.map { $0.steps[place] })
                }
                if let kind = work.preparation(party, instruction: instruction) {
                    add(kind, runs.map(\.preparation))
                }
                if party == .server, let kind = work.dealing(instruction: instruction) {
                    add(kind, runs.map(\.dealing))
                }
            }
            for weight in program.plan.weights.indices {
                add(work.weight(party, weight), setups.map { $0[party].work[weight] })
            }
        }
    }

    private mutating func add(_ work: (kind: WorkKind, size: WorkSize), _ runs: [Int]) {
        let sorted = runs.sorted()
        let median = Double(sorted[(runs.count - 1) / 2] + sorted[runs.count / 2]) / 2
        for kind in Set([work.kind, work.kind.withoutKernel]) {
            fits[kind, default: ComputeFit()].add(work.size, nanoseconds: median)
        }
    }

    package var model: ComputeModel {
        ComputeModel(
            coefficients: Dictionary(uniqueKeysWithValues: fits.map { ($0.key.key, $0.value.coefficients) }))
    }

    /// What was measured of one kernel in one phase.
    public struct Rate: Sendable, Hashable, Codable {
        public let kernel: String
        public let phase: String
        /// Who did it: `server`, `client` or `dealer`.
        public let role: String
        /// How often, in how many seconds, on how many elements, and with how many flops, 0 where others do them.
        public let calls: Int
        public let seconds: Double
        public let elements: Int
        public let flops: Int
    }

    /// All kernels, phase by phase, by name.
    package var rates: [Rate] {
        var rates: [[String]: Rate] = [:]
        for (kind, fit) in fits where !kind.kernel.isEmpty || kind.stage == .setup {
            let role = kind.party?.name ?? "dealer"
            let name = kind.kernel.isEmpty ? "weights of the setup" : kind.kernel
            let key = [kind.stage.phase.rawValue, name, role]
            let old = rates[key]
            let flops = fit.isBoundByFlops ? fit.total.flops : 0
            // Every call has all stages; sizes of one of them are those of the call.
            rates[key] = Rate(
                kernel: name, phase: key[0], role: role, calls: max(old?.calls ?? 0, fit.count),
                seconds: (old?.seconds ?? 0) + fit.nanoseconds * 1e-9,
                elements: max(old?.elements ?? 0, fit.total.elements), flops: max(old?.flops ?? 0, flops))
        }
        let phases = CostReport.Phase.allCases.map(\.rawValue)
        return rates.values.sorted {
            (phases.firstIndex(of: $0.phase)!, $0.kernel, $0.role) < (
                phases.firstIndex(of: $1.phase)!, $1.kernel, $1.role
            )
        }
    }
}

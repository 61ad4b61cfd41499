import CSottoRingKernels
import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoReporting
import SottoSecureComputation
import SottoSessions

/// A model of one layer that a calibration runs.
public struct CalibrationLayer: Sendable, Hashable {
    /// What it is made of.
    public enum Parts: Sendable, Hashable {
        /// GPT-2's, with what the paper's name of an architecture leaves of them.
        case gpt2(notation: String)
        /// RMSNorm, rotary positions, and an FFN gated by SiLU.
        case llama
    }

    public let parts: Parts
    public let positions: Int
    public let width: Int
    public let heads: Int

    public init(_ parts: Parts, positions: Int, width: Int, heads: Int) {
        self.parts = parts
        self.positions = positions
        self.width = width
        self.heads = heads
    }

    /// - Parameter notation: the paper's name of the architecture.
    public init(_ notation: String, positions: Int, width: Int, heads: Int) {
        self.init(.gpt2(notation: notation), positions: positions, width: width, heads: heads)
    }
}

/// What this machine's kernels take, measured by running small models with both parties and the dealer in this process.
public struct MachineCalibration: Sendable {
    /// With what was known before of other domains and numbers of threads.
    public private(set) var calibration: Calibration
    /// By number of threads, in the order in which they were asked for.
    public private(set) var rates: [MeasuredRates] = []

    /// Measures this machine; a quiet one gives good estimates. Kernels that no layer has are measured in the examples of
    /// their primitives.
    /// - Parameters:
    ///   - threads: numbers of threads for matrix products.
    ///   - target: what programs are written for.
    ///   - layers: what is run.
    ///   - repetitions: of every layer, of whose times the median counts.
    ///   - crossovers: of matrix products, in the layers and kept; by default those that are known.
    ///   - known: what was measured before, and is kept unless it is measured again.
    ///   - progress: told the fraction done.
    /// - Throws: `ArchitectureError` and `ProgramError` for layers that cannot be run, and errors of the runs.
    public init(
        threads: [Int], target: Target = .otWithDealer(over: .ring64), layers: [CalibrationLayer] = Self.layers,
        repetitions: Int = 3, crossovers: ProductCrossovers? = nil,
        extending known: Calibration = Calibration(machine: .current),
        progress: ((Double) -> Void)? = nil
    ) throws {
        calibration = known
        if let crossovers { calibration.crossovers = crossovers }
        let examples = try CalibrationRun.examples(beside: layers, target)
        for (index, count) in threads.enumerated() {
            var calibrator = Calibrator()
            let conditions = RunConditions(
                threads: count, crossovers: calibration.crossovers, repetitions: repetitions)
            for example in examples { try example.measure(conditions, into: &calibrator) }
            for (layer, place) in zip(layers, 1...) {
                try CalibrationRun(layer, target).measure(conditions, into: &calibrator)
                if Self.longSessions(layers).contains(layer) {
                    try CalibrationRun(layer, target).measureLongSession(conditions, into: &calibrator)
                }
                progress?((Double(index) + Double(place) / Double(layers.count)) / Double(threads.count))
            }
            calibration[threads: count, target] = calibrator.model
            rates.append(MeasuredRates(threads: count, rates: calibrator.rates))
        }
    }

    /// Small and large, so that constants and slopes are told apart.
    public static let layers = [
        CalibrationLayer("SM+LN+G", positions: 8, width: 48, heads: 4),
        CalibrationLayer("SM+LN+G", positions: 32, width: 192, heads: 3),
        CalibrationLayer("SM+LN+R", positions: 24, width: 128, heads: 4),
        CalibrationLayer(.llama, positions: 16, width: 96, heads: 3),
        CalibrationLayer("SM+LN+G", positions: 64, width: 640, heads: 10),
        CalibrationLayer("SM+ScFuFFN", positions: 96, width: 512, heads: 8),
        CalibrationLayer(.llama, positions: 96, width: 512, heads: 8),
        CalibrationLayer("SM+LN+R", positions: 96, width: 896, heads: 14),
        CalibrationLayer("SM+LN+G", positions: 160, width: 512, heads: 8),
        CalibrationLayer("SM+LN+G", positions: 112, width: 1024, heads: 16),
    ]
    /// Those that are also measured in sessions of many runs, where these work in another way.
    private static func longSessions(_ layers: [CalibrationLayer]) -> ArraySlice<CalibrationLayer> {
        layers.filter { $0.parts == .gpt2(notation: "SM+LN+G") }.prefix(3)
    }
    /// The smallest of them: in a second, and roughly.
    public static let quickLayers = Array(layers.prefix(4))
}

extension CalibrationLayer {
    fileprivate static let vocabulary = 256

    fileprivate func architecture() throws -> Architecture {
        switch parts {
        case .gpt2(let notation):
            try Architecture(
                notation: Architecture.Notation(notation), layers: 1, heads: heads, width: width,
                feedForwardWidth: 4 * width, context: positions, vocabulary: Self.vocabulary)
        case .llama:
            try Architecture(
                layers: [.llama], heads: heads, width: width, feedForwardWidth: 4 * width, context: positions,
                vocabulary: Self.vocabulary, tiedHead: false, finalNorm: .rmsNorm,
                positions: .rotary(theta: 10000), hasBiases: false)
        }
    }

    fileprivate func program(_ target: Target) throws -> Program {
        try ForwardPass(architecture: architecture(), new: positions, output: .all).program(target: target)
    }
}

/// How a calibration runs its programs.
private struct RunConditions {
    let threads: Int
    let crossovers: ProductCrossovers
    let repetitions: Int
}

/// A program that a calibration measures, with its inputs.
private struct CalibrationRun {
    private let program: Program
    private let server: any TensorSource
    private let client: any TensorSource

    init(_ layer: CalibrationLayer, _ target: Target) throws {
        let weights = PreparedWeights(try ModelWeights.random(layer.architecture(), seed: 1))
        program = try layer.program(target)
        try weights.prepare(for: program)
        server = weights
        let vocabulary = CalibrationLayer.vocabulary
        client = try ClientInput(tokens: (0..<layer.positions).map { $0 * 37 % vocabulary }, vocabulary: vocabulary)
    }

    private init(_ example: ExampleProgram, count: Int, _ target: Target) throws {
        program = try example.program(count: count, target: target)
        server = Zeros(program.inputs)
        client = server
    }

    /// Small and large examples with kernels that no layer has.
    static func examples(beside layers: [CalibrationLayer], _ target: Target) throws -> [CalibrationRun] {
        var known = try layers.reduce(into: Set<String>()) { $0.formUnion(try $1.program(target).kernels) }
        var runs: [CalibrationRun] = []
        for example in ExamplePrograms.all {
            let run = try CalibrationRun(example, count: 128, target)
            guard !run.program.kernels.isSubset(of: known) else { continue }
            known.formUnion(run.program.kernels)
            runs += [run, try CalibrationRun(example, count: 1024, target)]
        }
        return runs
    }

    /// With the weights that a session of very many runs has from its setup, if its preprocessing knows any such.
    func measureLongSession(_ conditions: RunConditions, into calibrator: inout Calibrator) throws {
        let (inferences, preprocessing) = (1 << 16, program.target.preprocessing)
        let long = preprocessing.memory(afterSetupOf: program.plan, inferences: inferences)
        guard long != preprocessing.memory(afterSetupOf: program.plan, inferences: 1) else { return }
        try measure(conditions, inferences: inferences, into: &calibrator)
    }

    func measure(_ conditions: RunConditions, inferences: Int = 1, into calibrator: inout Calibrator) throws {
        let setup = SimulatedSetup(of: program, inferences: inferences)
        var traces: [Trace] = []
        var setups: [ByParty<SetupRecord>] = []
        for repetition in 0..<max(conditions.repetitions, 1) {
            // As in a process that begins: a setup and a run's first layers work in fresh memory.
            sotto_release_freed_memory()
            let outcome = try program.simulated(
                server: server, client: client, seeds: InsecureSeededSource(UInt64(repetition)),
                threads: conditions.threads, crossovers: conditions.crossovers, setup: setup)
            traces.append(outcome.trace)
            setups.append(outcome.setup)
        }
        calibrator.add(program, inferences: inferences, traces: traces, setups: setups)
    }
}

extension Program {
    fileprivate var kernels: Set<String> { Set(instructions.map(\.primitive.work.kernel)) }
}

/// Nothing but zeros, for any tensor: times do not depend on values.
private struct Zeros: TensorSource {
    private let counts: [String: Int]

    init(_ inputs: [InputDeclaration]) {
        counts = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.shape.reduce(1, *)) })
    }

    func tensor(_ name: String) throws -> [Int64] {
        guard let count = counts[name] else { throw InterpreterError.missingInput(name: name) }
        return [Int64](repeating: 0, count: count)
    }

    func tensor(_ name: String, count: Int, range: Range<Int>) throws -> [Int64] {
        [Int64](repeating: 0, count: range.count)
    }
}

/// The kernels' rates with one number of threads.
public struct MeasuredRates: Sendable, Hashable, Encodable {
    public let threads: Int
    /// Phase by phase, by name.
    public let rates: [Calibrator.Rate]

    /// A row for each kernel, phase and role.
    public var table: Table {
        var table = Table(
            columns: [
                .init(threads == 1 ? "1 thread" : "\(threads) threads", .left), .init("phase", .left),
                .init("role", .left), .init("calls"), .init("time"), .init("elements/s"), .init("FLOP/s"),
            ])
        table.rows = rates.map { rate in
            .init([
                rate.kernel, rate.phase, rate.role, "\(rate.calls)", Quantity.seconds(rate.seconds),
                perSecond(rate.elements, rate), perSecond(rate.flops, rate),
            ])
        }
        return table
    }

    private func perSecond(_ count: Int, _ rate: Calibrator.Rate) -> String {
        guard count > 0, rate.seconds > 0 else { return "-" }
        return Quantity.count(Double(count) / rate.seconds)
    }
}

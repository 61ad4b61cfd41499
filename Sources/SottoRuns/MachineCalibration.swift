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
    /// The paper's name of the architecture.
    public let notation: String
    public let positions: Int
    public let width: Int
    public let heads: Int

    public init(_ notation: String, positions: Int, width: Int, heads: Int) {
        self.notation = notation
        self.positions = positions
        self.width = width
        self.heads = heads
    }
}

/// What this machine's kernels take, measured by running small models with both parties and the dealer in this process.
public struct MachineCalibration: Sendable {
    /// With what was known before of other domains and numbers of threads.
    public private(set) var calibration: Calibration
    /// By number of threads, in the order in which they were asked for.
    public private(set) var rates: [MeasuredRates] = []

    /// Measures this machine; a quiet one gives good estimates.
    /// - Parameters:
    ///   - threads: numbers of threads for matrix products.
    ///   - target: what programs are written for.
    ///   - layers: what is run.
    ///   - repetitions: of every layer, of whose times the median counts.
    ///   - known: what was measured before, and is kept unless it is measured again.
    ///   - progress: told the fraction done.
    /// - Throws: `ArchitectureError` and `ProgramError` for layers that cannot be run, and errors of the runs.
    public init(
        threads: [Int], target: Target = .otWithDealer(over: .ring64), layers: [CalibrationLayer] = Self.layers,
        repetitions: Int = 3, extending known: Calibration = Calibration(machine: .current),
        progress: ((Double) -> Void)? = nil
    ) throws {
        calibration = known
        for (index, count) in threads.enumerated() {
            var calibrator = Calibrator()
            for (layer, place) in zip(layers, 1...) {
                try layer.run(target, threads: count, repetitions: repetitions, into: &calibrator)
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
        CalibrationLayer("SM+LN+G", positions: 64, width: 640, heads: 10),
        CalibrationLayer("SM+ScFuFFN", positions: 96, width: 512, heads: 8),
        CalibrationLayer("SM+LN+R", positions: 96, width: 896, heads: 14),
        CalibrationLayer("SM+LN+G", positions: 160, width: 512, heads: 8),
        CalibrationLayer("SM+LN+G", positions: 112, width: 1024, heads: 16),
    ]
    /// The smallest of them: in a second, and roughly.
    public static let quickLayers = Array(layers.prefix(3))
}

extension CalibrationLayer {
    private static let vocabulary = 256

    fileprivate func run(
        _ target: Target, threads: Int, repetitions: Int, into calibrator: inout Calibrator
    ) throws {
        let architecture = try Architecture(
            notation: Architecture.Notation(notation), layers: 1, heads: heads, width: width,
            feedForwardWidth: 4 * width, context: positions, vocabulary: Self.vocabulary)
        let weights = PreparedWeights(try ModelWeights.random(architecture, seed: 1))
        let program = try ForwardPass(architecture: architecture, new: positions, output: .all).program(
            target: target)
        try weights.prepare(for: program)
        let tokens = (0..<positions).map { $0 * 37 % Self.vocabulary }
        let input = try ClientInput(tokens: tokens, vocabulary: Self.vocabulary)
        var traces: [Trace] = []
        var setups: [ByParty<SetupRecord>] = []
        for repetition in 0..<max(repetitions, 1) {
            // As in a process that begins: a setup and a run's first layers work in fresh memory.
            sotto_release_freed_memory()
            let outcome = try program.simulated(
                server: weights, client: input, seeds: InsecureSeededSource(UInt64(repetition)), threads: threads)
            traces.append(outcome.trace)
            setups.append(outcome.setup)
        }
        calibrator.add(program, traces: traces, setups: setups)
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

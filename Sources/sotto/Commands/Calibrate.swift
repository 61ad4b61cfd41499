import ArgumentParser
import CSottoRingKernels
import CostModel
import Foundation
import Randomness
import SecureComputation
import SottoModel
import SottoPrivateTransformer

/// Measures the kernels on this machine once, for estimates of time.
struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure this machine's kernels once, so that estimates contain compute time.",
        discussion: """
            Runs small layers of several shapes in this process, measures what either party and the dealer compute, \
            waiting apart, and keeps a model of it in the user's cache directory. Quiet machines give good estimates.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(
        help: "Threads for matrix products; by default it measures 1 and one for each core.",
        transform: Number.integer(Number.threads))
    var threads: Int?

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Where to keep the calibration, in place of the user's cache directory.", valueName: "path"))
    var file: String?

    @Option(help: "What values are shared over.")
    var domain: ProtocolOptions.Domain = .ring64

    @OptionGroup var prime: PrimeOptions

    @Flag(help: "Measure the smallest layers only: in a second, and roughly.")
    var quick = false

    @Option(help: "The form of the rates.")
    var format: Format = .text

    func validate() throws {
        try prime.validate(for: [domain])
    }

    func run() throws {
        let url = file.map { URL(fileURLWithPath: $0) } ?? CalibrationStore.url
        let machine = CalibrationStore.machine
        let profile = try prime.profile(of: domain)
        var calibration = (try? Calibration(contentsOf: url, machine: machine)) ?? Calibration(machine: machine)
        let counts = threads.map { [$0] } ?? Array(Set([1, ProcessInfo.processInfo.activeProcessorCount])).sorted()
        let progress = ProgressBar("calibrating")
        var rates: [MeasuredRates] = []
        for (index, threads) in counts.enumerated() {
            let calibrator = try CalibrationRun(profile: profile, threads: threads, isQuick: quick).run {
                progress.update((Double(index) + $0) / Double(counts.count))
            }
            calibration[threads: threads, profile] = calibrator.model
            rates.append(MeasuredRates(threads: threads, rates: calibrator.rates))
        }
        progress.finish()
        try calibration.write(to: url)
        switch format {
        case .json: try Output.write(JSONText.of(rates))
        case .text:
            for rates in rates { try Output.write(rates.table.rendered(as: .text, width: Terminal.width) + "\n") }
            try Output.write("\(machine.processor), \(machine.cores) cores; kept in \(url.path)\n")
        }
    }
}

/// The layers that a calibration runs.
private struct CalibrationRun {
    let profile: DomainProfile
    let threads: Int
    let isQuick: Bool

    private struct Sample {
        let notation: String
        let positions: Int
        let width: Int
        let heads: Int
    }

    /// Small and large, so that constants and slopes are told apart.
    private static let samples = [
        Sample(notation: "SM+LN+G", positions: 8, width: 48, heads: 4),
        Sample(notation: "SM+LN+G", positions: 32, width: 192, heads: 3),
        Sample(notation: "SM+LN+R", positions: 24, width: 128, heads: 4),
        Sample(notation: "SM+LN+G", positions: 64, width: 640, heads: 10),
        Sample(notation: "SM+ScFuFFN", positions: 96, width: 512, heads: 8),
        Sample(notation: "SM+LN+R", positions: 96, width: 896, heads: 14),
        Sample(notation: "SM+LN+G", positions: 160, width: 512, heads: 8),
        Sample(notation: "SM+LN+G", positions: 112, width: 1024, heads: 16),
    ]
    private static let quickCount = 3
    private static let repetitions = 3

    func run(_ progress: (Double) -> Void) throws -> Calibrator {
        var calibrator = Calibrator()
        let samples = isQuick ? Array(Self.samples.prefix(Self.quickCount)) : Self.samples
        for (index, sample) in samples.enumerated() {
            try add(sample, to: &calibrator)
            progress(Double(index + 1) / Double(samples.count))
        }
        return calibrator
    }

    private func add(_ sample: Sample, to calibrator: inout Calibrator) throws {
        let architecture = try Architecture(
            notation: Architecture.Notation(sample.notation), layers: 1, heads: sample.heads, width: sample.width,
            feedForwardWidth: 4 * sample.width, context: sample.positions, vocabulary: 256)
        let weights = PreparedWeights(try ModelWeights.random(architecture, seed: 1))
        let program = try ForwardPass(architecture: architecture, new: sample.positions, output: .all).program(
            profile: profile)
        try weights.prepare(for: program)
        let tokens = (0..<sample.positions).map { $0 * 37 % 256 }
        let input = try ClientInput(tokens: tokens, vocabulary: 256)
        var traces: [Trace] = []
        var setups: [[[Int]]] = []
        for repetition in 0..<Self.repetitions {
            // As in a process that begins: a setup and a run's first layers work in fresh memory.
            sotto_release_freed_memory()
            let outcome = try program.simulated(
                server: weights, client: input, seeds: InsecureSeededSource(UInt64(repetition)), threads: threads)
            traces.append(outcome.trace)
            setups.append(outcome.setupWork)
        }
        calibrator.add(program, traces: traces, setups: setups)
    }
}

/// The kernels' rates with one number of threads.
private struct MeasuredRates: Encodable {
    let threads: Int
    let rates: [Calibrator.Rate]

    var table: Table {
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

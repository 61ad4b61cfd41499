import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRandomness
import SottoReporting
import SottoRuns
import SottoSecureComputation
import SottoTraining

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
        help: "Threads for matrix products, in the clear or encrypted; by default it measures 1 and one for each core.",
        transform: Number.integer(Number.threads))
    var threads: Int?

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Where to keep the calibration, in place of the user's cache directory.", valueName: "path"))
    var file: String?

    @OptionGroup var targets: TargetOptions

    @Flag(help: "Measure the smallest layers only: in a second, and roughly.")
    var quick = false

    @Option(help: "The form of the rates.")
    var format: Format = .text

    func run() throws {
        let url = file.map { URL(fileURLWithPath: $0) } ?? CalibrationStore.url
        let machine = Calibration.Machine.current
        let counts = threads.map { [$0] } ?? Array(Set([1, ProcessInfo.processInfo.activeProcessorCount])).sorted()
        let progress = ProgressBar("calibrating")
        let measured = try MachineCalibration(
            threads: counts, target: try targets.target(),
            layers: quick ? MachineCalibration.quickLayers : MachineCalibration.layers,
            extending: (try? Calibration(contentsOf: url, machine: machine)) ?? Calibration(machine: machine)
        ) { progress.update($0) }
        progress.finish()
        try measured.calibration.write(to: url)
        switch format {
        case .json: try Output.write(JSONText.of(measured.rates))
        case .text:
            for rates in measured.rates {
                try Output.write(rates.table.rendered(as: .text, width: Terminal.width) + "\n")
            }
            try Output.write("\(machine.processor), \(machine.cores) cores; kept in \(url.path)\n")
            try Output.write("training: \(Self.trainingKernels)\n")
        }
    }

    /// What makes the products of `sotto train`, which may be missing where nobody trains.
    private static var trainingKernels: String {
        do throws(OpenBLASError) {
            let openBLAS = try OpenBLAS.load()
            return [openBLAS.description, openBLAS.kernels.remedy].compactMap(\.self).joined(separator: "; ")
        } catch {
            return error.description
        }
    }
}

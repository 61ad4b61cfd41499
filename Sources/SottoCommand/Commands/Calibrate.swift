import ArgumentParser
import Foundation
import SottoAlgebra
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
            Measures from which sizes on which kernel of matrix products is the faster one, then runs small layers of several \
            shapes in this process and measures what either party and the dealer compute, waiting apart. Keeps the sizes, \
            which runs on this machine then go by, and a model of the layers' times in the user's cache directory. Quiet \
            machines give good estimates.
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

    @Flag(help: "Measure few products and the smallest layers only: in a second or two, and roughly.")
    var quick = false

    @Option(help: "The form of the rates.")
    var format: Format = .text

    func run() throws {
        let url = file.map { URL(fileURLWithPath: $0) } ?? CalibrationStore.url
        let machine = Calibration.Machine.current
        let counts = threads.map { [$0] } ?? Array(Set([1, ProcessInfo.processInfo.activeProcessorCount])).sorted()
        let progress = ProgressBar("calibrating")
        progress.update(0)
        let products = try MeasuredCrossovers(ladder: quick ? .quick : .full)
        let measured = try MachineCalibration(
            threads: counts, target: try targets.target(),
            layers: quick ? MachineCalibration.quickLayers : MachineCalibration.layers,
            crossovers: products.crossovers,
            extending: (try? Calibration(contentsOf: url, machine: machine)) ?? Calibration(machine: machine)
        ) { progress.update($0) }
        progress.finish()
        try measured.calibration.write(to: url)
        switch format {
        case .json: try Output.write(JSONText.of(Report(products, measured.rates)))
        case .text:
            try Output.write(products.table.rendered(as: .text, width: Terminal.width) + "\n")
            for rates in measured.rates {
                try Output.write(rates.table.rendered(as: .text, width: Terminal.width) + "\n")
            }
            try Output.write("\(machine.processor), \(machine.cores) cores; kept in \(url.path)\n")
            try Output.write("training: \(Self.trainingKernels)\n")
        }
    }

    private struct Report: Encodable {
        let crossovers: ProductCrossovers
        let measured: [MeasuredCrossovers.Pair]
        let rates: [MeasuredRates]

        init(_ products: MeasuredCrossovers, _ rates: [MeasuredRates]) {
            (crossovers, measured, self.rates) = (products.crossovers, products.measured, rates)
        }

        enum CodingKeys: String, CodingKey {
            case crossovers, rates
            case measured = "measured_crossovers"
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

import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRuns
import SottoSecureComputation

/// Counts bytes, rounds and operations without running anything.
struct Estimate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say to the byte and to the round what a run would cost.",
        discussion:
            "Nothing is computed on shares: the numbers follow from the architecture and the lengths alone, and are those of a real run."
    )

    @OptionGroup var model: ModelOptions
    @OptionGroup var length: LengthOptions
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var machine: RunOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let named = try model.architecture()
        let count = try length.count(for: named.architecture)
        let configuration = try protocols.session()
        let compute = try calibration.model(network, machine, configuration.target)
        let progress = ProgressBar("estimating")
        let run = try EstimatedRun(
            of: named, length.kind, positions: count, protocols: configuration, networks: network.networks,
            compute: compute
        ) { progress.update($0) }
        progress.finish()
        try Output.write(run.report, output)
    }
}

import ArgumentParser
import CostModel
import Foundation
import Transformer

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
    @Option(
        help: ArgumentHelp(
            "A calibration in place of the one in the user's cache directory.", valueName: "path"))
    var calibration: String?

    @OptionGroup var machine: RunOptions
    @OptionGroup var output: OutputOptions

    /// What local work takes here, where that is asked for and known.
    private func compute() throws -> ComputeModel? {
        guard !network.networks.isEmpty else { return nil }
        if let calibration {
            return try CalibrationStore.model(
                at: URL(fileURLWithPath: calibration), threads: machine.threadCount, profile: protocols.profile())
        }
        return CalibrationStore.model(threads: machine.threadCount, profile: try protocols.profile())
    }

    func run() throws {
        let named = try model.architecture()
        let count = try length.count(for: named.architecture)
        let passes = try length.passes(named.architecture, count: count)
        let profile = try protocols.profile()
        let progress = ProgressBar("estimating")
        var session = SessionCost(networks: network.networks, compute: try compute())
        for (index, pass) in passes.enumerated() {
            let program = try pass.program(profile: profile)
            if index == 0 { session.recordSetup(of: program) }
            session.record(program)
            progress.update(Double(index + 1) / Double(passes.count))
        }
        progress.finish()
        try Output.write(
            session.report(length.configuration(named, protocols, count: count, insecure: false)), output)
    }
}

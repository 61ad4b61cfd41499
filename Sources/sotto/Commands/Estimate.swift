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
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var machine: RunOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let named = try model.architecture()
        let count = try length.count(for: named.architecture)
        let passes = try length.passes(
            named.architecture, count: count, exactOpenings: protocols.exactOpenings)
        let profile = try protocols.profile()
        let progress = ProgressBar("estimating")
        var session = SessionCost(networks: network.networks, compute: try calibration.model(network, machine, profile))
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

import ArgumentParser
import CostModel
import Foundation
import SecureComputation
import SottoModel
import SottoPrivateTransformer

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
        try checkSums(of: passes, profile)
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

    /// Programs grow from token to token: what the last one costs as often as there are any must fit a counter.
    /// - Throws: ``UsageError`` if it does not.
    private func checkSums(of passes: [ForwardPass], _ profile: DomainProfile) throws {
        guard passes.count > 1, let last = passes.last else { return }
        var session = SessionCost()
        session.record(try last.program(profile: profile))
        let configuration = CostReport.Configuration(
            model: "", architecture: "", context: last.new, positions: "", insecure: false)
        let operations = session.report(configuration).operations
        let flops = operations.reduce(0.0) { $0 + Double($1.flops) }
        let bytes = operations.reduce(0.0) { sum, operation in
            (operation.bytesSent + operation.dealerBytes).reduce(sum) { $0 + Double($1) }
        }
        guard max(flops, bytes) * Double(passes.count) < 0x1p62 else {
            throw UsageError("\(passes.count) tokens of this model cost more than can be counted; lower --tokens.")
        }
    }
}

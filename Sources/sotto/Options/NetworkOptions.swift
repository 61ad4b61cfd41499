import ArgumentParser
import CostModel

/// On which networks a report says how long a run takes.
struct NetworkOptions: ParsableArguments {
    @Option(
        name: .customLong("network"),
        help: ArgumentHelp(
            "Report the latency on a network: lan, wan, loopback, or a rate and a round-trip time such as 300Mbps,40ms. May be given several times.",
            valueName: "network"),
        transform: { try NetworkOptions.network($0) })
    var networks: [Network] = []

    /// The same options for another process.
    var arguments: [String] { networks.flatMap { ["--network", $0.name] } }

    static func network(_ argument: String) throws -> Network {
        do {
            return try Network(argument: argument)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

/// What `--prefetch` does.
enum PrefetchHelp {
    static let text: ArgumentHelp =
        "Prepare all correlations of a run before its online phase begins, so that its time is free of waiting for the dealer. Both parties then hold them in memory."
}

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

    static func network(_ argument: String) throws -> Network {
        do {
            return try Network(argument: argument)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

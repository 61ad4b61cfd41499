import ArgumentParser
import SottoCostModel

/// On which networks a report says how long a run takes.
struct NetworkOptions: ParsableArguments {
    @Option(
        name: .customLong("network"),
        help: ArgumentHelp(
            "Report the latency on a network: lan, wan, loopback, or a rate and a round-trip time such as 300Mbps,40ms. Several between commas, or the option several times.",
            valueName: "network"),
        transform: { try NetworkOptions.networks($0) })
    var lists: [[Network]] = []

    /// The same options for another process.
    var arguments: [String] { networks.flatMap { ["--network", $0.name] } }

    var networks: [Network] {
        lists.joined().reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Networks between commas, of which a rate and a time have one between them too.
    static func networks(_ argument: String) throws -> [Network] {
        let presets = Network.presets.map(\.name)
        var parts = argument.split(separator: ",", omittingEmptySubsequences: false)[...]
        var networks: [Network] = []
        while let part = parts.popFirst() {
            let isPreset = presets.contains(part.lowercased())
            let text = isPreset ? String(part) : ([part] + [parts.popFirst()].compactMap { $0 }).joined(separator: ",")
            do {
                networks.append(try Network(argument: text))
            } catch {
                throw ValidationError(error.description)
            }
        }
        return networks
    }
}

/// What `--prefetch` does.
enum PrefetchHelp {
    static let text: ArgumentHelp =
        "Prepare all correlations of a run before its online phase begins, so that its time is free of waiting for the dealer. Both parties then hold them in memory."
}

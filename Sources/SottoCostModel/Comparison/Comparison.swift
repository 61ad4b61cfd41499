import Dispatch
import SottoModel
import SottoPrivateTransformer
import Synchronization

/// Rows of networks side by side, in groups that differ in nothing but the kinds of their layers and the domain.
public struct Comparison: Sendable {
    public private(set) var groups: [[ComparisonRow]]
    /// Whether published figures were asked for.
    let isBesidePublished: Bool
    /// Whether latencies of long passes are those of larger tiles than a run's, and thus mostly below a run's.
    public let hasLargerTiles: Bool

    /// Counts the cost of every scenario, several at a time; a group's first row is what the others are compared with.
    /// - Parameters:
    ///   - published: figures to set beside the rows.
    ///   - progress: told the number of scenarios done, from any thread.
    /// - Throws: what building a program throws.
    public init(
        of scenarios: [Scenario], pricing: Pricing = Pricing(), published: PublishedFigures? = nil,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws {
        let tilings = try Dictionary(grouping: scenarios, by: \.group).mapValues {
            try pricing.tiling(of: $0, among: scenarios.count)
        }
        hasLargerTiles = !pricing.networks.isEmpty && tilings.values.contains { $0 != .standard }
        let rows = try Self.concurrently(scenarios, progress: progress) {
            try pricing.row($0, tilings[$0.group] ?? .standard)
        }
        var places: [Scenario.Group: Int] = [:]
        groups = []
        isBesidePublished = published != nil
        for var row in rows {
            if let published, row.scenario.edits.isEmpty, row.scenario.configuration.target.domain == .ring64 {
                let (architecture, name) = (row.scenario.pass.architecture, row.scenario.notation)
                let context = row.scenario.configuration.context
                row.published = published.cost(architecture, name: name, context: context)
                row.publishedPerplexities = published.perplexities(architecture, name: name, context: context)
            }
            if let place = places[row.scenario.group] {
                row.savings = row.savings(against: groups[place][0])
                groups[place].append(row)
            } else {
                places[row.scenario.group] = groups.count
                groups.append([row])
            }
        }
    }

    public var rows: [ComparisonRow] { groups.flatMap { $0 } }

    /// Sets the perplexity of rows, where the closure knows one.
    public mutating func addPerplexities(_ perplexity: (Scenario) throws -> Double?) rethrows {
        for group in groups.indices {
            for row in groups[group].indices {
                groups[group][row].perplexity = try perplexity(groups[group][row].scenario)
            }
        }
    }

    /// The results in the order of the items; the first error in that order is thrown.
    static func concurrently<Item: Sendable, Result: Sendable>(
        _ items: [Item], progress: (@Sendable (Int) -> Void)? = nil, _ body: @Sendable (Item) throws -> Result
    ) throws -> [Result] {
        let state = Mutex((results: [Swift.Result<Result, any Error>?](repeating: nil, count: items.count), done: 0))
        DispatchQueue.concurrentPerform(iterations: items.count) { index in
            let result = Swift.Result { try body(items[index]) }
            let done = state.withLock { state in
                state.results[index] = result
                state.done += 1
                return state.done
            }
            progress?(done)
        }
        return try state.withLock { try $0.results.map { try $0!.get() } }
    }
}

import Foundation
import SottoReporting

// The paper's rows beside those of the same networks here.
extension Comparison {
    static func publishedTitle(of rows: [ComparisonRow]) -> String {
        let tables = Set(rows.compactMap { $0.published?.table }).sorted().map(String.init).joined(separator: ", ")
        return
            "Published (arXiv 2501.03489v2, \(tables.isEmpty ? "tables 2 to 8" : "table \(tables)"): SecretFlow-SPU, "
            + "no dealer, 100 Mbit/s, 80 ms) beside Sotto"
    }

    static var nothingPublished: String {
        "The paper publishes nothing for this size and length; it has gpt2 at 128, 256 and 512 positions, and gpt2-18l at 128."
    }

    static func publishedTable(of rows: [ComparisonRow]) -> Table {
        let networks = rows[0].report.latency
        let tokens = rows.flatMap { $0.publishedPerplexities.map(\.trainingTokens) }
        let ends = tokens.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        var table = Table(
            columns: [
                .init("architecture", .left), .init("operations", .left, group: "counts"),
                .init("FFN/Sotto GFLOP", group: "counts"), .init("attention/Sotto GFLOP", group: "counts"),
                .init("communication", group: "published"), .init("saving", group: "published"),
                .init("Sotto online", group: "online"), .init("saving", group: "online"),
                .init("with offline", group: "all"), .init("saving", group: "all"),
                .init("latency", group: "latency"), .init("saving", group: "latency"),
                .init("bytes at 100 Mbit/s", group: "latency"),
            ] + networks.map { .init("Sotto \($0.network)") }
                + (ends.isEmpty ? [] : [.init("perplexity (\(ends.joined(separator: "/")))")]))
        let first = rows.first { $0.published != nil }
        for row in rows where row.published != nil || !row.publishedPerplexities.isEmpty {
            table.rows.append(.init(cells(of: row, first: first) + perplexityCell(row, shown: !ends.isEmpty)))
        }
        return table
    }

    private static func cells(of row: ComparisonRow, first: ComparisonRow?) -> [String] {
        let networks = row.report.latency.map { Quantity.seconds($0.offline + $0.online) }
        let total = row.bytes(.online) + row.bytes(.offline)
        let own = [Quantity.bytes(row.onlineBytes), factor(ratio(first?.onlineBytes, row.onlineBytes))]
        let all = [
            Quantity.bytes(total), factor(ratio(first.map { $0.bytes(.online) + $0.bytes(.offline) }, total)),
        ]
        guard let published = row.published else {
            return [row.label] + Array(repeating: "-", count: 5) + own + all + ["-", "-", "-"] + networks
        }
        return [
            row.label, operations(row, published), flops(published.feedForwardGigaflops, row.counts.feedForwardFlops),
            flops(published.attentionGigaflops, row.counts.attentionFlops),
            String(format: "%.2f GB", published.communicationGigabytes),
            factor(first?.published.map { $0.communicationGigabytes / published.communicationGigabytes }),
        ] + own + all + [
            String(format: "%.2f min", published.latencyMinutes),
            factor(first?.published.map { $0.latencyMinutes / published.latencyMinutes }),
            String(format: "%.1f min", published.transmissionMinutes),
        ] + networks
    }

    /// The published numbers of softmaxes, norms and activations; Sotto counts the final norm besides.
    private static func operations(_ row: ComparisonRow, _ published: PublishedFigures.Cost) -> String {
        "\(published.softmaxCount)/\(published.normCount)/\(published.activationCount)"
    }

    private static func perplexityCell(_ row: ComparisonRow, shown: Bool) -> [String] {
        guard shown else { return [] }
        guard !row.publishedPerplexities.isEmpty else { return ["-"] }
        return [
            row.publishedPerplexities.map { $0.value.isNaN ? "NaN" : String(format: "%.2f", $0.value) }
                .joined(separator: "/")
        ]
    }

    private static func ratio(_ old: Int?, _ new: Int) -> Double? {
        guard let old, old > 0, new > 0 else { return nil }
        return Double(old) / Double(new)
    }

    private static func flops(_ published: Double, _ own: Int) -> String {
        String(format: "%.1f/%.1f", published, Double(own) / 1e9)
    }

    /// Why latencies are not compared.
    static func publishedNotes(on rows: [ComparisonRow]) -> [String] {
        guard
            let worst = rows.compactMap(\.published).max(by: {
                $0.transmissionMinutes / $0.latencyMinutes < $1.transmissionMinutes / $1.latencyMinutes
            }), worst.transmissionMinutes > worst.latencyMinutes
        else { return [] }
        return [
            String(
                format: "The published latency cannot come from the published bandwidth: %.2f GB at 100 Mbit/s take "
                    + "%.1f min on the wire alone, and the table says %.2f min. Compare the savings in communication.",
                worst.communicationGigabytes, worst.transmissionMinutes, worst.latencyMinutes),
            "Operations are the published numbers of softmaxes/norms/activations, without the final norm. "
                + (rows.contains { $0.scenario.configuration.target.usesDealer }
                    ? "Sotto's offline bytes are the dealer's, which the published protocols do without."
                    : "Nobody deals to either side: the sums with offline may stand beside the published ones."),
        ]
    }
}

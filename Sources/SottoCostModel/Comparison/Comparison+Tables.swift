import Foundation
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation

extension Comparison {
    /// What is printed.
    public struct TableOptions: Sendable, Hashable {
        public var format: Table.Format
        /// Also each row's operations; nil for none.
        public var breakdown: Grouping?
        /// Characters of a line of text.
        public var width: Int

        public init(
            format: Table.Format = .text, breakdown: Grouping? = nil, width: Int = .max
        ) {
            self.format = format
            self.breakdown = breakdown
            self.width = width
        }
    }

    /// All groups for people; with `.csv` one table of plain numbers.
    public func rendered(_ options: TableOptions = TableOptions()) -> String {
        if options.format == .csv {
            return options.breakdown.map { breakdownCSV(by: $0) } ?? csvTable.rendered(as: .csv)
        }
        let (format, width) = (options.format, options.width)
        func remark(_ text: String) -> String { format.remark(text, width: width) }
        return groups.map { rows in
            var parts = [remark(Self.title(of: rows)), Self.table(of: rows).rendered(as: format, width: width)]
            parts += Self.notes(on: rows).map(remark)
            if rows.contains(where: { $0.published != nil || !$0.publishedPerplexities.isEmpty }) {
                parts.append(remark(Self.publishedTitle(of: rows)))
                parts.append(Self.publishedTable(of: rows).rendered(as: format, width: width))
                parts += Self.publishedNotes(on: rows).map(remark)
            } else if isBesidePublished {
                parts.append(remark(Self.nothingPublished))
            }
            if let breakdown = options.breakdown {
                for row in rows {
                    parts.append(remark(row.report.title))
                    parts.append(row.report.operationTable(by: breakdown).rendered(as: format, width: width))
                }
            }
            return parts.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    static func title(of rows: [ComparisonRow]) -> String {
        let (row, configuration) = (rows[0], rows[0].scenario.configuration)
        let layers = row.scenario.pass.architecture.layers.count
        let part = configuration.positions == "blocks" ? ", blocks only" : ""
        let count = configuration.context == 1 ? "1 position" : "\(configuration.context) positions"
        return "\(row.scenario.family ?? configuration.model), \(layers) \(layers == 1 ? "layer" : "layers"), width "
            + "\(row.scenario.pass.architecture.width), \(count)\(part); \(row.report.protocol), "
            + "\(row.report.preprocessing), \(domains(of: rows).joined(separator: " and "))"
    }

    /// Names of the domains in which rows are, in order of first appearance.
    private static func domains(of rows: [ComparisonRow]) -> [String] {
        rows.reduce(into: []) { names, row in
            if !names.contains(row.report.domain) { names.append(row.report.domain) }
        }
    }

    /// One row per architecture and domain. Totals are of the offline and the online phase: the setup is once for a session.
    static func table(of rows: [ComparisonRow]) -> Table {
        let networks = rows[0].report.latency
        let hasPerplexity = rows.contains { $0.perplexity != nil }
        let columns: [Table.Column] =
            [
                .init("architecture", .left), .init("softmax", .left, group: "counts"),
                .init("norm", .left, group: "counts"), .init("activation", .left, group: "counts"),
                .init("FFN", group: "counts"), .init("attention", group: "counts"),
                .init("setup", group: "cost"), .init("offline", group: "cost"), .init("online", group: "cost"),
                .init("total", group: "cost"), .init("saving", group: "cost"), .init("rounds", group: "cost"),
            ]
            + networks.flatMap { latency -> [Table.Column] in
                ["\(latency.network) offline", "\(latency.network) online", "total", "saving"].map {
                    .init($0, group: latency.network)
                }
            } + (hasPerplexity ? [.init("perplexity")] : [])
        var table = Table(columns: columns)
        let isMixed = domains(of: rows).count > 1
        for row in rows {
            let cost = [
                row.label + (isMixed ? ", \(row.report.domain)" : ""), row.cell(.softmax), row.normCell,
                row.activationCell,
                Quantity.flops(row.counts.feedForwardFlops), Quantity.flops(row.counts.attentionFlops),
                Quantity.bytes(row.bytes(.setup)), Quantity.bytes(row.bytes(.offline)),
                Quantity.bytes(row.onlineBytes),
                Quantity.bytes(row.bytes(.offline) + row.onlineBytes), factor(row.savings?.bytes),
                "\(row.report.totals.online.rounds)",
            ]
            let times = row.report.latency.flatMap { latency in
                [
                    Quantity.seconds(latency.offline), Quantity.seconds(latency.online),
                    Quantity.seconds(latency.offline + latency.online),
                    factor(row.savings?.latency[latency.network]),
                ]
            }
            table.rows.append(
                .init(cost + times + (hasPerplexity ? [row.perplexity.map(perplexity) ?? "-"] : [])))
        }
        return table
    }

    private static func perplexity(_ value: Double) -> String { value.isNaN ? "NaN" : Quantity.decimal(value) }

    static func factor(_ value: Double?) -> String { value.map { String(format: "%.2fx", $0) } ?? "-" }

    /// What a reader of the table must know.
    private static func notes(on rows: [ComparisonRow]) -> [String] {
        var notes: [String] = []
        let edits = rows.first { !$0.scenario.edits.isEmpty }?.scenario.edits ?? []
        if !edits.isEmpty { notes.append("edited: " + edits.joined(separator: ", ")) }
        if let compute = rows[0].report.latency.first?.compute {
            notes.append("local work in the times: " + compute.note)
        }
        return notes + mixNotes(on: rows)
    }

    /// Which suite does what in the cheapest mix: of all rows where they agree, else of each.
    private static func mixNotes(on rows: [ComparisonRow]) -> [String] {
        let mixes = rows.compactMap(\.mix)
        guard let measure = rows[0].scenario.cheapestBy, mixes.count == rows.count else { return [] }
        let network = rows[0].report.latency.first?.network ?? "no network"
        let title = "cheapest " + (measure == .latency ? "on \(network)" : "in \(measure.rawValue)")
        let all = mixes.reduce(into: [:]) { $0.merge($1) { a, _ in a } }
        if mixes.allSatisfy({ $0.allSatisfy { all[$0.key] == $0.value } }) {
            return [title + ": " + ComparisonRow.text(of: all)]
        }
        return rows.map { "\(title), \($0.label): " + ComparisonRow.text(of: $0.mix ?? [:]) }
    }

    // MARK: Plain numbers

    /// Every row, whatever its group.
    var csvTable: Table {
        let networks = groups.first?.first?.report.latency ?? []
        let columns =
            [
                "model", "architecture", "edits", "layers", "width", "context", "protocol", "preprocessing", "domain",
                "softmax", "norm", "activation", "ffn_flops", "attention_flops", "setup_bytes", "offline_bytes",
                "online_bytes", "bytes_saving", "rounds", "rounds_saving",
            ]
            + networks.flatMap { network in
                ["setup", "offline", "online", "saving"].map { "\(network.network)_\($0)" }
            } + ["perplexity", "published_communication_gb", "published_latency_min"]
        var table = Table(columns: columns.map { .init($0, .left) })
        for row in rows { table.rows.append(.init(row.plainCells)) }
        return table
    }

    private func breakdownCSV(by grouping: Grouping) -> String {
        var table: Table?
        let isMixed = Self.domains(of: rows).count > 1
        for row in rows {
            let part = row.report.csvTable(by: grouping)
            var all =
                table
                ?? Table(
                    columns: ["model", "architecture", "edits", "layers", "width", "context"].map { .init($0, .left) }
                        + (isMixed ? [.init("domain", .left)] : []) + part.columns)
            all.rows += part.rows.map {
                .init(row.plainIdentity + (isMixed ? [row.report.domain] : []) + $0.cells)
            }
            table = all
        }
        return table?.rendered(as: .csv) ?? ""
    }
}

extension ComparisonRow {
    var label: String {
        let model = scenario.configuration.model
        let isNamed = scenario.family != nil && model != scenario.notation
        return (isNamed ? "\(model): " : "") + scenario.notation + (scenario.edits.isEmpty ? "" : ", edited")
    }

    /// As in `144 128x128`, or `-`.
    func cell(_ kind: ArchitectureCounts.Operation.Kind) -> String {
        let cells = counts.operations.filter { $0.kind == kind }.map { operation in
            let name = kind == .softmax ? "" : operation.name + " "
            return "\(operation.count) \(name)" + operation.shape.map(String.init).joined(separator: "x")
        }
        return cells.isEmpty ? "-" : cells.joined(separator: ", ")
    }

    /// The norms of the layers and the final one.
    var normCell: String {
        let final = counts.operations.first { $0.kind == .finalNorm }
        let layers = counts.operations.filter { $0.kind == .norm }
        if let final, layers.count == 1, layers[0].name == final.name, layers[0].shape == final.shape {
            return "\(layers[0].count)+1 \(final.name) " + final.shape.map(String.init).joined(separator: "x")
        }
        let cells = [layers.isEmpty ? nil : cell(.norm), final == nil ? nil : "final " + cell(.finalNorm)]
        return cells.contains { $0 != nil } ? cells.compactMap { $0 }.joined(separator: ", ") : "-"
    }

    /// The activations, and the products of gated FFNs.
    var activationCell: String {
        let cells = [cell(.activation), cell(.gate)].filter { $0 != "-" }
        return cells.isEmpty ? "-" : cells.joined(separator: ", ")
    }

    /// As in `fss for gelu, softmax; ot for layernorm`.
    static func text(of mix: [String: ProtocolName], separator: String = ", ") -> String {
        let parts = ProtocolName.allCases.compactMap { name -> String? in
            let scopes = mix.filter { $0.value == name }.keys.sorted()
            return scopes.isEmpty ? nil : "\(name.rawValue) for \(scopes.joined(separator: separator))"
        }
        return parts.isEmpty ? "no operation depends on it" : parts.joined(separator: "; ")
    }

    var plainIdentity: [String] {
        [
            report.model, scenario.notation, scenario.edits.joined(separator: " "),
            "\(scenario.pass.architecture.layers.count)", "\(scenario.pass.architecture.width)", "\(report.context)",
        ]
    }

    var plainCells: [String] {
        func plain(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        let times = report.latency.flatMap { latency in
            [latency.setup, latency.offline, latency.online, savings?.latency[latency.network]].map(plain)
        }
        let mix = mix.map { ": " + Self.text(of: $0, separator: " ") } ?? ""
        return plainIdentity + [
            report.protocol + mix, report.preprocessing, report.domain, cell(.softmax), normCell, activationCell,
            "\(counts.feedForwardFlops)", "\(counts.attentionFlops)", "\(bytes(.setup))", "\(bytes(.offline))",
            "\(onlineBytes)", plain(savings?.bytes), "\(report.totals.online.rounds)", plain(savings?.rounds),
        ] + times + [
            perplexity.map { $0.isNaN ? "NaN" : "\($0)" } ?? "", plain(published?.communicationGigabytes),
            plain(published?.latencyMinutes),
        ]
    }
}

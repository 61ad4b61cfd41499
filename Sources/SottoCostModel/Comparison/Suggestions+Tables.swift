import Foundation
import SottoReporting

extension Suggestions {
    /// The ranking for people, edits of one kind that save the same in one row; with `.csv` every edit in plain numbers.
    /// - Parameters:
    ///   - limit: rows at most.
    ///   - width: characters of a line of text.
    public func rendered(
        as format: Table.Format = .text, limit: Int? = nil, width: Int = .max
    ) -> String {
        if format == .csv { return csvTable(limit: limit).rendered(as: .csv) }
        func remark(_ text: String) -> String { format.remark(text, width: width) }
        let parts =
            [
                remark(base.report.title), baseTable.rendered(as: format, width: width),
                remark("What a single edit saves, by \(measure.rawValue)"),
                table(limit: limit).rendered(as: format, width: width),
            ] + (networks.first.map { [remark("local work in the times: " + $0.compute.note)] } ?? [])
        return parts.joined(separator: "\n")
    }

    private var networks: [CostReport.Latency] { base.report.latency }

    /// The cost of the network as it is.
    private var baseTable: Table {
        Table(
            columns: [.init("online"), .init("offline"), .init("rounds")]
                + networks.map { .init("\($0.network) online") },
            rows: [
                .init(
                    [
                        Quantity.bytes(base.onlineBytes), Quantity.bytes(base.bytes(.offline)),
                        "\(base.report.totals.online.rounds)",
                    ] + networks.map { Quantity.seconds($0.online) })
            ])
    }

    private func table(limit: Int?) -> Table {
        var table = Table(
            columns: [
                .init("edit", .left), .init("change", .left), .init("layers", .left),
                .init("online", group: "online"), .init("share", group: "online"),
                .init("rounds", group: "rounds"), .init("share", group: "rounds"), .init("offline"),
            ]
                + networks.flatMap { network in
                    [
                        .init("\(network.network) online", group: network.network),
                        .init("share", group: network.network),
                    ]
                })
        var groups: [[Suggestion]] = []
        for suggestion in suggestions {
            if let place = groups.firstIndex(where: { $0[0].isLike(suggestion) }) {
                groups[place].append(suggestion)
            } else {
                groups.append([suggestion])
            }
        }
        for group in groups.prefix(limit ?? groups.count) {
            let first = group[0]
            let cost = [
                first.edit.edits.joined(separator: " "), first.edit.kind.rawValue, Self.layers(of: group),
                signed(first.bytes, Quantity.bytes), share(Double(first.bytes), Double(base.onlineBytes)),
                "\(first.rounds)", share(Double(first.rounds), Double(base.report.totals.online.rounds)),
                signed(first.offlineBytes, Quantity.bytes),
            ]
            let times = networks.flatMap { network -> [String] in
                let saved = first.latency[network.network] ?? 0
                let text = (saved < 0 ? "-" : "") + Quantity.seconds(abs(saved))
                return [text, share(saved, network.online)]
            }
            table.rows.append(.init(cost + times))
        }
        return table
    }

    private func signed(_ value: Int, _ format: (Int) -> String) -> String {
        (value < 0 ? "-" : "") + format(abs(value))
    }

    private func share(_ part: Double, _ whole: Double) -> String {
        whole > 0 ? String(format: "%.1f %%", 100 * part / whole) : "-"
    }

    /// As in `0-10` or `0, 3`; `-` for what is in no layer.
    private static func layers(of group: [Suggestion]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for layer in group.compactMap(\.edit.layer).sorted() {
            if let last = ranges.last, last.upperBound + 1 == layer {
                ranges[ranges.count - 1] = last.lowerBound...layer
            } else {
                ranges.append(layer...layer)
            }
        }
        guard !ranges.isEmpty else { return "-" }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }

    private func csvTable(limit: Int?) -> Table {
        let columns =
            ["edits", "kind", "layer", "bytes", "rounds", "offline_bytes"] + networks.map { "\($0.network)_online" }
        var table = Table(columns: columns.map { .init($0, .left) })
        for suggestion in suggestions.prefix(limit ?? suggestions.count) {
            table.rows.append(
                .init(
                    [
                        suggestion.edit.edits.joined(separator: " "), suggestion.edit.kind.rawValue,
                        suggestion.edit.layer.map(String.init) ?? "", "\(suggestion.bytes)", "\(suggestion.rounds)",
                        "\(suggestion.offlineBytes)",
                    ] + networks.map { "\(suggestion.latency[$0.network] ?? 0)" }))
        }
        return table
    }
}

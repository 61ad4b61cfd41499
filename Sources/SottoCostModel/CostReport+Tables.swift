import SottoAlgebra
import SottoReporting
import SottoSecureComputation

extension CostReport {
    /// What a report prints as text.
    public struct TableOptions: Sendable, Hashable {
        public var grouping: Grouping
        public var format: Table.Format
        /// Characters of a line of text.
        public var width: Int

        public init(
            grouping: Grouping = .kind, format: Table.Format = .text, width: Int = .max
        ) {
            self.grouping = grouping
            self.format = format
            self.width = width
        }
    }

    /// The report for people, or with `.csv` the operations alone, in plain numbers.
    public func rendered(_ options: TableOptions = TableOptions()) -> String {
        switch options.format {
        case .csv: return csvTable(by: options.grouping).rendered(as: .csv)
        case .latex, .markdown, .text:
            let (format, width) = (options.format, options.width)
            let tables =
                [phaseTable, operationTable(by: options.grouping)] + (latency.isEmpty ? [] : [latencyTable])
            return
                (([title] + (insecure ? [insecureNote] : [])).map { format.remark($0, width: width) }
                + tables.map { $0.rendered(as: format, width: width) }
                + remarks.map { format.remark($0, width: width) })
                .joined(separator: "\n")
        }
    }

    private var isMeasured: Bool { totals.online.seconds != nil }

    private var insecureNote: String {
        let all = preprocessing == PreprocessingName.dealer.rawValue ? "both parties and the dealer" : "both parties"
        return "Insecure: one process held \(all). Bytes and rounds are those of a real run."
    }

    /// One line that says what was run.
    package var title: String {
        let runs = inferences == 1 ? "" : ", \(inferences) inferences"
        let part = positions == "blocks" ? ", blocks only" : positions == "last" ? ", logits of the last" : ""
        let count = context == 1 ? "1 position" : "\(context) positions"
        return "\(model), \(architecture), \(count)\(part)\(runs); \(`protocol`), \(preprocessing), \(domain)"
    }

    /// Accuracy and memory, a line each.
    package var remarks: [String] {
        var lines: [String] = []
        if let generation { lines.append(Self.note(on: generation)) }
        if let latencyNote { lines.append(latencyNote) }
        if let range {
            let place = "\(range.operation), \(Quantity.whole(range.magnitude)) of \(Quantity.whole(range.bound))"
            lines.append(
                range.ok
                    ? "nearest to its bound: \(place)"
                    : "OUT OF RANGE, results may be wrong: \(place)")
        }
        if let accuracy {
            lines.append(
                "error against floating point: at most \(Quantity.plain(accuracy.maxAbsError)), "
                    + "mean \(Quantity.plain(accuracy.meanAbsError)); "
                    + "same largest element in \(Quantity.plain(100 * accuracy.top1Agreement)) % of rows")
        }
        if let elapsed {
            let phases = [("setup", elapsed.setup), ("offline", elapsed.offline), ("online", elapsed.online)]
            lines.append(
                "on the wall clock: " + phases.map { "\($0.0) \(Quantity.seconds($0.1))" }.joined(separator: ", ")
                    + (elapsed.prefetched ? "" : "; without --prefetch much of the offline work is in the online time"))
        }
        if let peak = peakMemoryBytes?.largest { lines.append("peak memory: \(Quantity.bytes(peak))") }
        if let overhead = wireOverheadBytes, overhead != .zero {
            lines.append(
                "framing and handshakes, besides: \(Quantity.bytes(overhead.server)) by the server, "
                    + "\(Quantity.bytes(overhead.client)) by the client")
        }
        return lines
    }

    private static func note(on generation: Generation) -> String {
        func online(_ totals: Totals) -> String {
            "\(Quantity.bytes(totals.online.bytesSent.total)) in \(totals.online.rounds) rounds"
        }
        let dealt = generation.perToken.offline.bytesSent.total + generation.perToken.offline.dealerBytes.total
        return "online, the prompt takes \(online(generation.prefill)), each later token up to "
            + "\(online(generation.perToken)), and offline \(Quantity.bytes(dealt))"
    }

    /// Totals of every phase, each direction apart.
    public var phaseTable: Table {
        var table = Table(
            columns: [
                .init("phase", .left), .init("server sends"), .init("client sends"), .init("dealer to server"),
                .init("dealer to client"), .init("rounds"),
            ] + (isMeasured ? [.init("time")] : []))
        for phase in Phase.allCases {
            let total = totals[phase]
            table.rows.append(
                .init(
                    [
                        phase.rawValue, Quantity.bytes(total.bytesSent.server), Quantity.bytes(total.bytesSent.client),
                        Quantity.bytes(total.dealerBytes.server), Quantity.bytes(total.dealerBytes.client),
                        "\(total.rounds)",
                    ] + (isMeasured ? [Quantity.seconds(total.seconds ?? 0)] : [])))
        }
        return table
    }

    /// Groups of operations with their online costs and the dealer's bytes, and a subtotal for each section.
    public func operationTable(by grouping: Grouping) -> Table {
        var table = Table(
            columns: [
                .init("online", .left), .init("server sends", group: "sent"), .init("client sends", group: "sent"),
                .init("share", group: "sent"), .init("rounds", group: "rounds"), .init("share", group: "rounds"),
                .init("dealer"),
            ] + (isMeasured ? [.init("online time", group: "time"), .init("offline time", group: "time")] : []))
        // The setup is a phase of its own and no operation of a program.
        let groups = groups(by: grouping).filter { $0.phases[.setup] == nil }
        var start = groups.startIndex
        while start < groups.endIndex {
            let section = groups[start].section
            let end = groups[start...].firstIndex { $0.section != section } ?? groups.endIndex
            if let section {
                table.rows.append(row(Self.sum(of: groups[start..<end], name: section), kind: .section))
            }
            for group in groups[start..<end] where !group.name.isEmpty { table.rows.append(row(group, kind: .body)) }
            start = end
        }
        table.rows.append(row(Self.sum(of: groups, name: "total"), kind: .total))
        return table
    }

    private func row(_ group: CostGroup, kind: Table.Row.Kind) -> Table.Row {
        let (online, offline) = (group[.online], group[.offline])
        let cells = [
            group.name, Quantity.bytes(online.bytesSent.server), Quantity.bytes(online.bytesSent.client),
            Quantity.share(online.bytesSent.total, of: totals.online.bytesSent.total),
            "\(online.rounds)", Quantity.share(online.rounds, of: totals.online.rounds),
            Quantity.bytes(offline.dealerBytes.total),
        ]
        let times = [Quantity.seconds(online.seconds ?? 0), Quantity.seconds(offline.seconds ?? 0)]
        return .init(cells + (isMeasured ? times : []), kind: kind)
    }

    /// Plain numbers, one row for each group and phase. Depths of several primitives together do not add up and are left
    /// out.
    public func csvTable(by grouping: Grouping) -> Table {
        let names = [
            "path", "phase", "bytes_sent_server", "bytes_sent_client", "dealer_bytes_server", "dealer_bytes_client",
            "rounds", "depth", "flops", "seconds",
        ]
        var table = Table(columns: names.map { .init($0) })
        for group in groups(by: grouping) {
            for phase in Phase.allCases {
                guard let sum = group.phases[phase] else { continue }
                table.rows.append(
                    .init([
                        group.path, phase.rawValue, "\(sum.bytesSent.server)", "\(sum.bytesSent.client)",
                        "\(sum.dealerBytes.server)", "\(sum.dealerBytes.client)", "\(sum.rounds)",
                        grouping == .primitive ? "\(sum.depth)" : "", "\(sum.flops)",
                        sum.seconds.map { "\($0)" } ?? "",
                    ]))
            }
        }
        return table
    }
}

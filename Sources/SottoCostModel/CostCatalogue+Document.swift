import SottoAlgebra
import SottoRandomness
import SottoReporting
import SottoSecureComputation

extension CostCatalogue {
    /// The tables with what their columns mean; with `.csv` one flat table of plain numbers.
    /// - Parameter width: characters of a line of text.
    public func rendered(as format: Table.Format, width: Int = .max) -> String {
        guard format != .csv else { return flatTable.rendered(as: .csv) }
        let parts =
            [Self.heading("Costs", level: 1, format)] + introduction.map { Self.paragraph($0, format, width) }
        return (parts + sections.flatMap { section in part(section, format, width) }).joined(separator: "\n")
    }

    private func part(_ section: Section, _ format: Table.Format, _ width: Int) -> [String] {
        var parts = [
            Self.heading(section.title, level: 2, format),
            Self.paragraph([section.note, section.unit.meaning].joined(separator: " "), format, width),
            section.table.rendered(as: format, width: width),
        ]
        if let totals = section.totals {
            parts += [
                Self.paragraph(
                    "Totals of the same at other counts: bytes of server + client + \(section.offlineName).", format,
                    width
                ),
                totals.rendered(as: format, width: width),
            ]
        }
        return parts
    }

    /// What the offline column has where there is no dealer.
    private static let offlineMeaning =
        "Without a dealer the column \"offline\" has what both parties send each other before the inputs are known: of the "
        + "trees of OTs what is beyond those that a setup leaves, and keys of encryption in sessions alone."

    private var introduction: [String] {
        Self.common + (sections.contains { $0.offlineName == "offline" } ? [Self.offlineMeaning] : [])
    }

    private static let common = [
        "Made by `sotto costs --format markdown` from what the primitives declare; a test compares. Change the code, "
            + "not this page.",
        "Every row is a program that the cost interpreter ran. Bytes are payload: what the server and what the client "
            + "sends online, what the dealer sends before the inputs are known, and what the setup sends once a session. "
            + "Rounds are the row's alone. [protocols.md](protocols.md) has the formulas and the protocols behind them, "
            + "[accounting.md](accounting.md) says what a byte, a round and a phase are, and `sotto estimate` prints the "
            + "same for any model, operation by operation.",
    ]

    private static func heading(_ text: String, level: Int, _ format: Table.Format) -> String {
        switch format {
        case .markdown: String(repeating: "#", count: level) + " \(text)\n"
        case .latex: "% \(text)\n"
        case .text, .csv: text + "\n" + String(repeating: level == 1 ? "=" : "-", count: text.count) + "\n"
        }
    }

    private static func paragraph(_ text: String, _ format: Table.Format, _ width: Int) -> String {
        format.remark(text, width: width)
    }

    /// One row for each program and count.
    private var flatTable: Table {
        let names = [
            "section", "unit", "name", "operands", "count", "bytes_sent_server", "bytes_sent_client",
            "dealer_bytes_server", "dealer_bytes_client", "offline_bytes_sent_server", "offline_bytes_sent_client",
            "setup_bytes", "rounds",
        ]
        return Table(
            columns: names.map { .init($0) },
            rows: sections.flatMap { section in
                section.rows.map { row in
                    .init(
                        [section.title, section.unit.rawValue, row.name, row.operands]
                            + ([row.count] + row.bytesSent.values + row.dealerBytes.values
                            + row.offlineBytesSent.values + [row.setupBytes, row.rounds]).map(String.init))
                }
            })
    }
}

extension CostCatalogue.Unit {
    fileprivate var meaning: String {
        switch self {
        case .element: "Bytes of one element, of \(CostCatalogue.elements)."
        case .row: "Bytes of one row, of \(CostCatalogue.rows)."
        case .program: "Bytes of the whole."
        case .session:
            "Bytes of one inference and of the setup before it; the dealer's contain two seeds of "
                + "\(Seed.byteCount) bytes."
        }
    }
}

extension CostCatalogue.Section {
    /// The number of units that most rows are for.
    private var reference: Int { rows.first?.count ?? 1 }

    fileprivate var table: Table { unit == .session ? sessionTable : costTable }

    /// What the column of bytes before the inputs are known is called: the dealer's, or both parties' without one.
    fileprivate var offlineName: String {
        rows.contains { $0.offlineBytesSent != .zero } ? "offline" : "dealer"
    }

    private var costTable: Table {
        let shown = rows.filter { $0.count == reference }
        // A setup that is the same for all belongs to none.
        let hasSetup = Set(shown.map(\.setupBytes)).count > 1
        return Table(
            columns: [
                .init(title.lowercased(), .left), .init("operands", .left), .init("server sends"),
                .init("client sends"), .init("rounds"), .init(offlineName),
            ] + (hasSetup ? [.init("setup")] : []),
            rows: shown.map { row in
                .init(
                    [
                        row.name, row.operands, row.each(row.bytesSent.server), row.each(row.bytesSent.client),
                        "\(row.rounds)", row.each(row.offlineTotal),
                    ] + (hasSetup ? [row.each(row.setupBytes)] : []))
            })
    }

    private var sessionTable: Table {
        Table(
            columns: [
                .init(title.lowercased(), .left), .init("setup"), .init(offlineName), .init("server sends"),
                .init("client sends"), .init("online"), .init("rounds"),
            ],
            rows: rows.map { row in
                .init(
                    [
                        row.setupBytes, row.offlineTotal, row.bytesSent.server, row.bytesSent.client,
                        row.bytesSent.total,
                    ].reduce(into: [row.name]) { $0.append(CostCatalogue.grouped($1)) } + ["\(row.rounds)"])
            })
    }

    /// Totals at the counts besides that of ``table``, or nil if there are none.
    fileprivate var totals: Table? {
        var counts: [Int] = []
        for row in rows where row.count != reference && !counts.contains(row.count) { counts.append(row.count) }
        guard !counts.isEmpty else { return nil }
        let others = rows.filter { $0.count != reference }
        return Table(
            columns: [.init(title.lowercased(), .left), .init("operands", .left)] + counts.map { .init("n = \($0)") },
            rows: rows.filter { $0.count == reference }.map { row in
                let cells = others.filter { $0.name == row.name && $0.operands == row.operands }.map { other in
                    (other.bytesSent.values + [other.offlineTotal]).map(String.init).joined(separator: " + ")
                }
                return .init([row.name, row.operands] + cells)
            })
    }
}

extension CostCatalogue.Row {
    /// Before the inputs are known, whoever sends them.
    fileprivate var offlineTotal: Int { dealerBytes.total + offlineBytesSent.total }

    /// Bytes of one unit, exactly: its bits are a whole number at the counts that are shown so.
    fileprivate func each(_ bytes: Int) -> String {
        let (bits, rest) = (8 * bytes).quotientAndRemainder(dividingBy: count)
        let decimals = ["", ".125", ".25", ".375", ".5", ".625", ".75", ".875"]
        return (rest == 0 ? "" : "above ") + CostCatalogue.grouped(bits / 8) + decimals[bits % 8]
    }
}

extension CostCatalogue {
    /// As in `12,345,678`.
    static func grouped(_ number: Int) -> String {
        let digits = String(number)
        return digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset) % 3 == 0 { text += "," }
            text.append(digit.element)
        }
    }
}

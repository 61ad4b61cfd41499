/// A table of text, to be printed in several ways.
public struct Table: Sendable, Hashable {
    public enum Alignment: Sendable, Hashable {
        case left
        case right
    }

    public struct Column: Sendable, Hashable {
        public let title: String
        public let alignment: Alignment

        public init(_ title: String, _ alignment: Alignment = .right) {
            self.title = title
            self.alignment = alignment
        }
    }

    public struct Row: Sendable, Hashable {
        public enum Kind: Sendable, Hashable {
            case body
            /// Stands over the rows of a section; its other cells may be empty.
            case section
            case total
        }
        public let kind: Kind
        public let cells: [String]

        public init(_ cells: [String], kind: Kind = .body) {
            self.cells = cells
            self.kind = kind
        }
    }

    public let columns: [Column]
    public var rows: [Row]

    public init(columns: [Column], rows: [Row] = []) {
        self.columns = columns
        self.rows = rows
    }

    public enum Format: String, Sendable, Hashable, CaseIterable {
        case text
        case markdown
        case latex
        case csv
    }

    public func rendered(as format: Format) -> String {
        switch format {
        case .text: text
        case .markdown: markdown
        case .latex: latex
        case .csv: csv
        }
    }

    // MARK: Forms

    /// Columns padded to equal width, with two spaces between; rows of a section are indented.
    private var text: String {
        let hasSections = rows.contains { $0.kind == .section }
        let shown = rows.map { row in
            guard hasSections, row.kind == .body, let first = row.cells.first else { return row.cells }
            return ["  " + first] + row.cells.dropFirst()
        }
        let widths = columns.indices.map { column in
            (shown.map { $0[column].count } + [columns[column].title.count]).max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { index, cell in
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                return columns[index].alignment == .left ? cell + padding : padding + cell
            }
            let joined = padded.joined(separator: "  ")
            return String(joined.reversed().drop { $0 == " " }.reversed())
        }
        let rule = String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1))
        var lines = [line(columns.map(\.title)), rule]
        for (index, cells) in shown.enumerated() {
            if rows[index].kind == .total, index > 0, rows[index - 1].kind != .total { lines.append(rule) }
            lines.append(line(cells))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var markdown: String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        let marks = columns.map { $0.alignment == .left ? ":---" : "---:" }
        let body = rows.map { row in
            line(row.kind == .body ? row.cells : row.cells.map { $0.isEmpty ? $0 : "**\($0)**" })
        }
        return ([line(columns.map(\.title)), "| " + marks.joined(separator: " | ") + " |"] + body)
            .joined(separator: "\n") + "\n"
    }

    /// For the `booktabs` package.
    private var latex: String {
        func line(_ cells: [String]) -> String { cells.map(Self.escapedForLaTeX).joined(separator: " & ") + " \\\\" }
        var lines = [
            "\\begin{tabular}{" + columns.map { $0.alignment == .left ? "l" : "r" }.joined() + "}", "\\toprule",
            line(columns.map(\.title)), "\\midrule",
        ]
        for (index, row) in rows.enumerated() {
            let startsPart = row.kind == .section || row.kind == .total && rows[max(index - 1, 0)].kind != .total
            if index > 0, startsPart { lines.append("\\midrule") }
            lines.append(
                (row.kind == .body && rows.contains { $0.kind == .section } ? "\\quad " : "") + line(row.cells))
        }
        lines += ["\\bottomrule", "\\end{tabular}"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Text in which no character has a meaning of its own in LaTeX.
    package static func escapedForLaTeX(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
            case "\\": result += "\\textbackslash{}"
            case "~": result += "\\textasciitilde{}"
            case "^": result += "\\textasciicircum{}"
            case "µ": result += "$\\mu$"
            default: result.append(character)
            }
        }
        return result
    }

    /// RFC 4180, with line feeds.
    private var csv: String {
        func line(_ cells: [String]) -> String {
            cells.map { cell in
                cell.contains { $0 == "," || $0 == "\"" || $0.isNewline }
                    ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
            }.joined(separator: ",")
        }
        return ([columns.map(\.title)] + rows.map(\.cells)).map(line).joined(separator: "\n") + "\n"
    }
}

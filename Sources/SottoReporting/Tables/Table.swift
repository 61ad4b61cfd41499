/// A table of text, to be printed in several ways.
public struct Table: Sendable, Hashable {
    public enum Alignment: Sendable, Hashable {
        case left
        case right
    }

    public struct Column: Sendable, Hashable {
        public let title: String
        public let alignment: Alignment
        /// Neighbours of one group stay together where a table is too wide for its page.
        public let group: String?

        public init(_ title: String, _ alignment: Alignment = .right, group: String? = nil) {
            self.title = title
            self.alignment = alignment
            self.group = group
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

    /// - Parameter width: characters of a line of text. Of a wider table the columns stand in several blocks, one below
    ///   the other, each with the first column. LaTeX knows the width of its page.
    public func rendered(as format: Format, width: Int = .max) -> String {
        switch format {
        case .text: text(width: width)
        case .markdown: markdown
        case .latex: latex
        case .csv: csv
        }
    }

    // MARK: Forms

    private var markdown: String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { Self.onOneLine($0).replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        let marks = columns.map { $0.alignment == .left ? ":---" : "---:" }
        let body = rows.map { row in
            line(row.kind == .body ? row.cells : row.cells.map { $0.isEmpty ? $0 : "**\($0)**" })
        }
        return ([line(columns.map(\.title)), "| " + marks.joined(separator: " | ") + " |"] + body)
            .joined(separator: "\n") + "\n"
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

    /// Names come from files and directories, and may hold anything.
    static func onOneLine(_ text: String) -> String {
        text.contains(where: \.isNewline)
            ? text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: " ") : text
    }
}

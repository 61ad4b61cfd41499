extension Table {
    /// Columns that stand side by side, the first one always among them, so that no block is wider than the page if that can
    /// be: group after group as long as there is room, and column after column of a group that has none by itself.
    /// - Parameters:
    ///   - widths: of the columns.
    ///   - gap: between two columns.
    ///   - page: what a block may take.
    func blocks(widths: [Double], gap: Double, page: Double) -> [[Int]] {
        guard let label = widths.first else { return [] }
        var blocks: [[Int]] = []
        var (block, taken) = ([0], label)
        func width(of columns: some Sequence<Int>) -> Double { columns.reduce(0) { $0 + gap + widths[$1] } }
        func startBlock() {
            guard block.count > 1 else { return }
            blocks.append(block)
            (block, taken) = ([0], label)
        }
        for group in groups {
            if taken + width(of: group) > page { startBlock() }
            for column in group {
                if taken + width(of: [column]) > page { startBlock() }
                block.append(column)
                taken += width(of: [column])
            }
        }
        if block.count > 1 || blocks.isEmpty { blocks.append(block) }
        return blocks
    }

    /// All columns but the first; neighbours of one group together.
    private var groups: [[Int]] {
        columns.indices.dropFirst().reduce(into: []) { groups, column in
            if let last = groups.last?.last, let name = columns[column].group, columns[last].group == name {
                groups[groups.count - 1].append(column)
            } else {
                groups.append([column])
            }
        }
    }
}

extension Table {
    /// Columns padded to equal width, with two spaces between; rows of a section are indented.
    func text(width: Int) -> String {
        let hasSections = rows.contains { $0.kind == .section }
        let shown = rows.map { row in
            guard hasSections, row.kind == .body, let first = row.cells.first else { return row.cells }
            return ["  " + first] + row.cells.dropFirst()
        }.map { $0.map(Self.onOneLine) }
        let widths = columns.indices.map { column in
            (shown.map { $0[column].count } + [columns[column].title.count]).max() ?? 0
        }
        return blocks(widths: widths.map(Double.init), gap: 2, page: Double(width)).map { block in
            text(of: block, shown, widths: widths)
        }.joined(separator: "\n")
    }

    private func text(of block: [Int], _ shown: [[String]], widths: [Int]) -> String {
        func line(_ cells: [String]) -> String {
            let padded = block.map { column in
                let padding = String(repeating: " ", count: widths[column] - cells[column].count)
                return columns[column].alignment == .left ? cells[column] + padding : padding + cells[column]
            }
            let joined = padded.joined(separator: "  ")
            return String(joined.reversed().drop { $0 == " " }.reversed())
        }
        let rule = String(repeating: "-", count: block.reduce(0) { $0 + widths[$1] } + 2 * (block.count - 1))
        var lines = [line(columns.map(\.title)), rule]
        for (index, cells) in shown.enumerated() {
            if rows[index].kind == .total, index > 0, rows[index - 1].kind != .total { lines.append(rule) }
            lines.append(line(cells))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Table.Format {
    /// A sentence beside a table: in text broken between words where it is longer than a line, in LaTeX a comment.
    package func remark(_ text: String, width: Int = .max) -> String {
        switch self {
        case .text: Table.wrapped(text, width: width) + "\n"
        case .latex: "% " + Table.onOneLine(text) + "\n"
        case .markdown, .csv: text + "\n"
        }
    }
}

extension Table {
    /// The text in lines of at most so many characters, unless a word has more.
    static func wrapped(_ text: String, width: Int) -> String {
        var lines: [String] = []
        for word in onOneLine(text).split(separator: " ", omittingEmptySubsequences: false) {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n")
    }
}

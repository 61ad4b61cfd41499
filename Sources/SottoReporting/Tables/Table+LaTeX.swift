// For the `booktabs` package, and where a table is taller than a page for `longtable`. Sizes are in points, of an article
// in the standard class.
extension Table {
    private static let pageWidth = 340.0
    /// Rows that fit a page.
    private static let pageRows = 40
    /// Half of it on either side of a column.
    private static let gap = 8.0
    /// A wider left column is broken into lines.
    private static let widestLine = 130.0

    var latex: String {
        let isLong = rows.count > Self.pageRows
        let natural = columns.indices.map { column in
            ([columns[column].title] + rows.map { $0.cells[column] }).map(Self.points).max() ?? 0
        }
        let isBroken = columns.indices.map { columns[$0].alignment == .left && natural[$0] > Self.widestLine }
        let widths = zip(natural, isBroken).map { $1 ? Self.widestLine : $0 }
        // Indented names of a section's rows.
        let indent = hasSections ? 10.0 : 0
        let page = Self.pageWidth - indent
        return blocks(widths: widths, gap: Self.gap, page: page).map { block in
            latex(of: block, isBroken: isBroken, isLong: isLong)
        }.joined(separator: "\n")
    }

    private var hasSections: Bool { rows.contains { $0.kind == .section } }

    private func latex(of block: [Int], isBroken: [Bool], isLong: Bool) -> String {
        func line(_ cells: [String], indented: Bool = false) -> String {
            block.map { column in
                let text = Self.escapedForLaTeX(cells[column])
                let indent = indented && column == 0 ? "\\quad " : ""
                return indent + (isBroken[column] ? "\\raggedright " + Self.breakable(text) : text)
            }.joined(separator: " & ") + " \\tabularnewline"
        }
        let format = block.map { column in
            isBroken[column] ? "p{\(Int(Self.widestLine))pt}" : columns[column].alignment == .left ? "l" : "r"
        }
        let environment = isLong ? "longtable" : "tabular"
        var lines = [
            "{\\noindent\\small\\setlength{\\tabcolsep}{\(Int(Self.gap / 2))pt}",
            "\\begin{\(environment)}{@{}\(format.joined())@{}}", "\\toprule", line(columns.map(\.title)), "\\midrule",
        ]
        if isLong { lines.append("\\endhead") }
        for (index, row) in rows.enumerated() {
            let startsPart = row.kind == .section || row.kind == .total && rows[max(index - 1, 0)].kind != .total
            if index > 0, startsPart { lines.append("\\midrule") }
            lines.append(line(row.cells, indented: row.kind == .body && hasSections))
        }
        lines += ["\\bottomrule", "\\end{\(environment)}}"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Text in which no character has a meaning of its own in LaTeX, wherever it stands: a bracket or an asterisk would be
    /// an option of the row's end before it.
    package static func escapedForLaTeX(_ text: String) -> String {
        var result = ""
        for character in onOneLine(text) {
            switch character {
            case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
            case "[", "]", "*": result += "{\(character)}"
            case "\\": result += "\\textbackslash{}"
            case "~": result += "\\textasciitilde{}"
            case "^": result += "\\textasciicircum{}"
            case "<": result += "\\textless{}"
            case ">": result += "\\textgreater{}"
            case "|": result += "\\textbar{}"
            case "µ": result += "$\\mu$"
            default: result.append(character)
            }
        }
        return result
    }

    /// Paths may be broken where their parts meet.
    private static func breakable(_ escaped: String) -> String {
        escaped.reduce(into: "") { text, character in
            text.append(character)
            if ".=/+".contains(character) { text += "\\allowbreak{}" }
        }
    }

    /// The width of a text in Computer Modern of 9 points, about.
    private static func points(_ text: String) -> Double {
        text.reduce(0) { sum, character in
            let tenths: Double =
                switch character {
                case "i", "j", "l", ".", ",", ":", ";", "'", "[", "]", "!", "|": 2.8
                case " ", "-", "f", "t", "r", "I", "(", ")", "s", "_": 3.9
                case "m", "w", "+", "=", "%", "<", ">", "~", "W", "M", "@": 9
                default: character.isUppercase ? 7.4 : 5.3
                }
            return sum + tenths * 0.9
        }
    }
}

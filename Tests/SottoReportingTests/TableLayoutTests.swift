import Foundation
import SottoReporting
import Testing

/// Tables that are wider than a page.
@Suite struct TableLayoutTests {
    private func wide(columns: Int, label: String = "label") -> Table {
        Table(
            columns: [.init(label, .left)] + (1..<columns).map { .init("column \($0)", group: "\(($0 - 1) / 3)") },
            rows: [
                .init([label] + (1..<columns).map { "s\($0)" }, kind: .section),
                .init(["row"] + (1..<columns).map { "c\($0)" }),
                .init(["total"] + (1..<columns).map { "t\($0)" }, kind: .total),
            ])
    }

    private func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }

    @Test(arguments: [60, 80, 120, 200])
    func noLineIsLongerAndNoCellIsLost(width: Int) {
        let text = wide(columns: 40).rendered(as: .text, width: width)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
        let found = words(text)
        for column in 1..<40 {
            for cell in ["s\(column)", "c\(column)", "t\(column)"] { #expect(found.count { $0 == cell } == 1) }
        }
        // Every block has the first column, the rules, and no line without an end.
        let blocks = text.split(separator: "\n\n")
        #expect(blocks.count > 1 && blocks.allSatisfy { $0.hasPrefix("label") && $0.contains("\n  row") })
        #expect(text.hasSuffix("\n") && !text.contains("\n\n\n"))
    }

    @Test func groupsStayTogether() {
        let text = wide(columns: 13).rendered(as: .text, width: 60)
        for block in text.split(separator: "\n\n") {
            let columns = words(String(block.split(separator: "\n")[2])).dropFirst().compactMap { Int($0.dropFirst()) }
            #expect(columns.count % 3 == 0, "\(block)")
        }
        // A group that has no room by itself is parted.
        let narrow = wide(columns: 13).rendered(as: .text, width: 25)
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 25 })
    }

    @Test func aTableThatFitsIsOneBlock() {
        let text = wide(columns: 4).rendered(as: .text)
        #expect(!text.contains("\n\n") && text == wide(columns: 4).rendered(as: .text, width: 45))
    }

    @Test func aLabelWiderThanThePageHasAColumnBesideIt() {
        let label = String(repeating: "x", count: 70)
        let text = wide(columns: 4, label: label).rendered(as: .text, width: 60)
        #expect(text.split(separator: "\n\n").count == 3)
        #expect(Table(columns: [.init(label)], rows: [.init(["a"])]).rendered(as: .text, width: 60).contains("a\n"))
        #expect(Table(columns: []).rendered(as: .text) == "")
    }

    @Test func otherFormsHaveAllColumnsInARow() {
        for format in [Table.Format.csv, .markdown] {
            let lines = wide(columns: 40).rendered(as: format).split(separator: "\n")
            #expect(lines.allSatisfy { $0.count { $0 == "," || $0 == "|" } >= 39 })
        }
    }

    @Test func namesWithLineFeedsBreakNoTable() {
        let table = Table(columns: [.init("a", .left), .init("b")], rows: [.init(["x\ny", "1\r\n2"])])
        for format in [Table.Format.text, .markdown] {
            let text = table.rendered(as: format)
            #expect(text.split(separator: "\n").count == 3 && text.contains("x y") && text.contains("1 2"))
        }
        #expect(!table.rendered(as: .latex).contains("x\ny"))
        #expect(table.rendered(as: .csv) == "a,b\n\"x\ny\",\"1\r\n2\"\n")
    }

    /// What stands behind the end of a row would be an option of it.
    @Test func latexRowsTakeNoOptions() {
        let table = Table(
            columns: [.init("[a", .left), .init("*b")],
            rows: [.init(["[0, max/4)", "1"]), .init(["* x", "<2> | 3"]), .init(["]", "-"], kind: .total)])
        let latex = table.rendered(as: .latex)
        #expect(!latex.contains("\\\\") && latex.contains("{[}0, max/4) & 1 \\tabularnewline"))
        #expect(latex.contains("{*} x & \\textless{}2\\textgreater{} \\textbar{} 3 \\tabularnewline"))
        #expect(latex.contains("{]} & - \\tabularnewline"))
        #expect(latex.split(separator: "\n").allSatisfy { !$0.hasPrefix("[") && !$0.hasPrefix("*") })
    }

    @Test func latexTablesFitThePage() {
        let latex = wide(columns: 40).rendered(as: .latex)
        let blocks = latex.components(separatedBy: "\\begin{tabular}").dropFirst()
        #expect(blocks.count > 3 && latex.components(separatedBy: "\\end{tabular}").count == blocks.count + 1)
        for block in blocks {
            let format = block.dropFirst().prefix { $0 != "\n" }
            // As many columns as a row has cells.
            let row = block.split(separator: "\n").first { $0.contains("row &") } ?? ""
            #expect(row.count { $0 == "&" } + 1 == format.count { $0 == "l" || $0 == "r" })
        }
        let long = Table(
            columns: [.init("a", .left), .init("b")], rows: (0..<60).map { .init(["layers[0].x=y \($0)", "1"]) })
        #expect(long.rendered(as: .latex).contains("\\begin{longtable}{@{}lr@{}}"))
        #expect(long.rendered(as: .latex).contains("\\endhead"))
        let path = String(repeating: "layers[0].ffn.fused=true ", count: 4)
        let broken = Table(columns: [.init("edit", .left), .init("b")], rows: [.init([path, "1"])]).rendered(as: .latex)
        #expect(broken.contains("p{130pt}") && broken.contains("\\raggedright layers{[}0{]}.\\allowbreak{}ffn"))
    }

    @Test func cellsAreEscaped() {
        let table = Table(
            columns: [.init("a|b", .left), .init("50 %")],
            rows: [.init(["x, \"y\"", "1_2"]), .init(["{~^\\}", "µ"], kind: .total)])
        #expect(table.rendered(as: .csv) == "a|b,50 %\n\"x, \"\"y\"\"\",1_2\n{~^\\},µ\n")
        #expect(
            table.rendered(as: .markdown)
                == "| a\\|b | 50 % |\n| :--- | ---: |\n| x, \"y\" | 1_2 |\n| **{~^\\}** | **µ** |\n")
        #expect(
            table.rendered(as: .latex) == """
                {\\noindent\\small\\setlength{\\tabcolsep}{4pt}
                \\begin{tabular}{@{}lr@{}}
                \\toprule
                a\\textbar{}b & 50 \\% \\tabularnewline
                \\midrule
                x, "y" & 1\\_2 \\tabularnewline
                \\midrule
                \\{\\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\} & $\\mu$ \\tabularnewline
                \\bottomrule
                \\end{tabular}}

                """)
    }
}

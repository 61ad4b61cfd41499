import SottoReporting
import Testing

@Suite struct TextHeatMapTests {
    private func map(_ values: [[Double]], maximum: Double = 4) -> TextHeatMap {
        TextHeatMap(
            values: values, maximum: maximum, rowName: "row",
            notes: [.init("sum", width: 6, cells: values.map { "\($0.reduce(0, +))" })]
        ) { $0 < 2 ? "░" : "█" }
    }

    @Test func cellsHaveShadesAndRowsNotes() {
        #expect(
            map([[1, 3.5], [0]]).rendered(coloured: false, width: 80) == """
                row        0       1   sum
                  0  ░ 1.00  █ 3.50    4.5
                  1  ░ 0.00            0.0

                """)
    }

    @Test(arguments: [12, 20, 28, 60]) func noLineIsLongerAndNoCellIsLost(width: Int) {
        let text = map((0..<3).map { row in (0..<11).map { Double(10 * row + $0) / 8 } }, maximum: 0)
            .rendered(coloured: false, width: width)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
        #expect(text.count { $0 == "░" || $0 == "█" } == 33)
        // Wherever a row is broken, its notes stand once.
        #expect(text.split(separator: "\n").count { $0.contains("sum") } == 1)
    }

    @Test func coloursAreThoseOfTheNearestEnd() {
        let text = map([[-1, 4, .infinity, .nan, 9]]).rendered(coloured: true, width: 200)
        #expect(text.contains("\u{1B}[48;5;18;38;5;255m░-1.00 \u{1B}[0m"))
        #expect(text.contains("\u{1B}[48;5;221;38;5;16m█ 4.00 \u{1B}[0m"))
        #expect(text.contains("\u{1B}[48;5;221;38;5;16m█ 9.00 \u{1B}[0m"))
        #expect(text.count { $0 == "\u{1B}" } == 10)
    }
}

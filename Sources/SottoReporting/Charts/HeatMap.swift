import Foundation

/// A picture of a table of numbers: a row for each layer, a cell for each head.
public struct HeatMap: Sendable, Hashable {
    /// Stands over the picture.
    public var title: String
    /// [row][column]; rows may differ in length. What is not finite is drawn grey.
    public var values: [[Double]]
    /// The values of the colour scale's ends.
    public var scale: ClosedRange<Double>
    /// What the numbers are.
    public var legend: String
    /// What the rows are.
    public var rowName: String
    /// What the columns are.
    public var columnName: String
    /// Stands over the notes.
    public var noteTitle: String
    /// Beside each row, as its mean; none if there are fewer.
    public var rowNotes: [String]

    /// A heat map.
    public init(
        title: String, values: [[Double]], scale: ClosedRange<Double>, legend: String, rowName: String = "layer",
        columnName: String = "head", noteTitle: String = "", rowNotes: [String] = []
    ) {
        self.title = title
        self.values = values
        self.scale = scale
        self.legend = legend
        self.rowName = rowName
        self.columnName = columnName
        self.noteTitle = noteTitle
        self.rowNotes = rowNotes
    }

    /// A standalone SVG document.
    public func svg() -> String {
        let layout = Layout(self)
        var writer = SVGWriter(width: layout.width, height: layout.height)
        writer.text(title, x: layout.width / 2, y: 24, size: 15, anchor: .middle, bold: true)
        drawAxes(&writer, layout)
        drawCells(&writer, layout)
        drawLegend(&writer, layout)
        return writer.document(title: title)
    }

    private struct Layout {
        let cell: (width: Double, height: Double)
        let columns: Int
        let rows: Int
        let left = 62.0
        let top = 74.0
        let width: Double
        let height: Double
        let notesWidth: Double

        init(_ map: HeatMap) {
            columns = map.values.map(\.count).max() ?? 0
            rows = map.values.count
            cell =
                columns <= 16 ? (46, 28) : columns <= 32 ? (34, 24) : (16, 16)
            notesWidth =
                map.rowNotes.isEmpty
                ? 0 : 20 + ((map.rowNotes + [map.noteTitle]).map { SVGWriter.width(of: $0, size: 11) }.max() ?? 0)
            let body = left + Double(columns) * cell.width + notesWidth + 28
            width = max(body, SVGWriter.width(of: map.title, size: 15) + 40, 340)
            height = top + Double(rows) * cell.height + 78
        }

        var showsNumbers: Bool { cell.width > 20 }
        var bottom: Double { top + Double(rows) * cell.height }
        var right: Double { left + Double(columns) * cell.width }

        /// Every how many-th row or column is labelled.
        static func step(count: Int, size: Double, room: Double) -> Int {
            [1, 2, 4, 8, 16, 32, 64].first { Double($0) * size >= room } ?? 128
        }
    }

    private func fraction(_ value: Double) -> Double {
        let span = scale.upperBound - scale.lowerBound
        return span > 0 ? (value - scale.lowerBound) / span : 0
    }

    private func drawAxes(_ writer: inout SVGWriter, _ layout: Layout) {
        let middle = layout.left + Double(layout.columns) * layout.cell.width / 2
        writer.text(columnName, x: middle, y: layout.top - 24, anchor: .middle)
        writer.text(
            rowName, x: 22, y: (layout.top + layout.bottom) / 2, anchor: .middle, turned: true)
        let columnStep = Layout.step(count: layout.columns, size: layout.cell.width, room: 22)
        for column in stride(from: 0, to: layout.columns, by: columnStep) {
            let x = layout.left + (Double(column) + 0.5) * layout.cell.width
            writer.text("\(column)", x: x, y: layout.top - 7, size: 11, anchor: .middle)
        }
        let rowStep = Layout.step(count: layout.rows, size: layout.cell.height, room: 14)
        for row in stride(from: 0, to: layout.rows, by: rowStep) {
            let y = layout.top + (Double(row) + 0.5) * layout.cell.height + 4
            writer.text("\(row)", x: layout.left - 8, y: y, size: 11, anchor: .end)
        }
        guard !rowNotes.isEmpty else { return }
        writer.text(noteTitle, x: layout.right + 14, y: layout.top - 7, size: 11)
        for (row, note) in rowNotes.prefix(layout.rows).enumerated() {
            let y = layout.top + (Double(row) + 0.5) * layout.cell.height + 4
            writer.text(note, x: layout.right + 14, y: y, size: 11)
        }
    }

    private func drawCells(_ writer: inout SVGWriter, _ layout: Layout) {
        for (row, cells) in values.enumerated() {
            for (column, value) in cells.enumerated() {
                let x = layout.left + Double(column) * layout.cell.width
                let y = layout.top + Double(row) * layout.cell.height
                let number = value.isFinite ? String(format: "%.2f", value) : "-"
                writer.rectangle(
                    x: x, y: y, width: layout.cell.width, height: layout.cell.height,
                    fill: value.isFinite ? ChartColours.scale(fraction(value)) : ChartColours.missing,
                    stroke: "#ffffff", hint: "\(rowName) \(row), \(columnName) \(column): \(number)")
                guard layout.showsNumbers else { continue }
                writer.text(
                    number, x: x + layout.cell.width / 2, y: y + layout.cell.height / 2 + 4,
                    size: layout.cell.width > 40 ? 12 : 10, anchor: .middle,
                    fill: value.isFinite ? ChartColours.text(on: fraction(value)) : "#111111")
            }
        }
    }

    private func drawLegend(_ writer: inout SVGWriter, _ layout: Layout) {
        let (left, top, width, height) = (layout.left, layout.bottom + 36, 220.0, 12.0)
        let steps = 55
        writer.text(legend, x: left, y: top - 8, size: 11)
        for step in 0..<steps {
            writer.rectangle(
                x: left + Double(step) * width / Double(steps), y: top, width: width / Double(steps) + 0.5,
                height: height, fill: ChartColours.scale(Double(step) / Double(steps - 1)))
        }
        for quarter in 0...4 {
            let part = Double(quarter) / 4
            let value = scale.lowerBound + part * (scale.upperBound - scale.lowerBound)
            writer.text(
                String(format: "%.2f", value), x: left + part * width, y: top + height + 15, size: 11, anchor: .middle)
        }
    }
}

import Foundation

/// A table of numbers in characters: a line for each row, a shade and two decimals for each cell.
public struct TextHeatMap: Sendable {
    /// What stands beside the cells of each row.
    public struct Note: Sendable, Hashable {
        public let title: String
        /// In characters.
        public let width: Int
        /// One for each row.
        public let cells: [String]

        public init(_ title: String, width: Int, cells: [String]) {
            self.title = title
            self.width = width
            self.cells = cells
        }
    }

    /// [row][column]; rows may differ in length.
    public let values: [[Double]]
    /// The upper end of the colours; the lower one is 0.
    public let maximum: Double
    /// What the rows are.
    public let rowName: String
    public let notes: [Note]
    /// What stands before a number and says, without colours, about how large it is.
    public let shade: @Sendable (Double) -> Character

    public init(
        values: [[Double]], maximum: Double, rowName: String = "layer", notes: [Note] = [],
        shade: @escaping @Sendable (Double) -> Character
    ) {
        self.values = values
        self.maximum = maximum
        self.rowName = rowName
        self.notes = notes
        self.shade = shade
    }

    /// Backgrounds of the 256-colour palette, dark blue to yellow, and the text that is readable on them.
    private static let colours = [(18, 255), (24, 255), (30, 255), (36, 16), (71, 16), (113, 16), (185, 16), (221, 16)]

    private static let cellWidth = 8
    private var labelWidth: Int { rowName.count + 1 }

    /// Columns side by side as a line has room, and the notes beside the last of them.
    /// - Parameters:
    ///   - coloured: whether cells have colours beside their shades, by a terminal's escape sequences.
    ///   - width: characters of a line.
    public func rendered(coloured: Bool, width: Int) -> String {
        let columns = values.map(\.count).max() ?? 0
        let across = max(1, (width - labelWidth) / Self.cellWidth)
        var blocks = stride(from: 0, to: columns, by: across).map { $0..<min($0 + across, columns) }
        let room = width - labelWidth - notes.reduce(0) { $0 + $1.width }
        // An empty block has the notes where there is no room beside cells.
        if let last = blocks.last, last.count * Self.cellWidth > room { blocks.append(columns..<columns) }
        return blocks.map { block(of: $0, isLast: $0 == blocks.last, coloured) }
            .joined(separator: "\n")
    }

    private func block(of columns: Range<Int>, isLast: Bool, _ coloured: Bool) -> String {
        let shown = isLast ? notes : []
        var lines = [
            rowName + " " + columns.map { Self.padded("\($0)", Self.cellWidth) }.joined()
                + shown.map { Self.padded($0.title, $0.width) }.joined()
        ]
        for (row, values) in values.enumerated() {
            let cells = columns.map {
                $0 < values.count ? cell(values[$0], coloured: coloured) : Self.padded("", Self.cellWidth)
            }
            lines.append(
                Self.padded("\(row)", labelWidth - 1) + " " + cells.joined()
                    + shown.map { Self.padded($0.cells[row], $0.width) }.joined())
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func cell(_ value: Double, coloured: Bool) -> String {
        let shade = shade(value)
        let text = String(format: "%5.2f", value)
        guard coloured else { return " \(shade)\(text) " }
        let fraction = maximum > 0 && value.isFinite ? min(max(value / maximum, 0), 1) : 0
        let step = min(Int(fraction * Double(Self.colours.count)), Self.colours.count - 1)
        let (background, foreground) = Self.colours[step]
        return " \u{1B}[48;5;\(background);38;5;\(foreground)m\(shade)\(text) \u{1B}[0m"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}

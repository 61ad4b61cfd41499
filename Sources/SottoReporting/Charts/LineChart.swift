/// A picture of curves, as of the entropies of layers over training.
public struct LineChart: Sendable, Hashable {
    /// A point of a curve. What is not finite interrupts it.
    public struct Point: Sendable, Hashable {
        public var x: Double
        public var y: Double

        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }

        var isFinite: Bool { x.isFinite && y.isFinite }
    }

    /// A curve and its name in the legend.
    public struct Series: Sendable, Hashable {
        public var name: String
        public var points: [Point]

        public init(_ name: String, _ points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    /// Stands over the picture.
    public var title: String
    /// What is along the horizontal axis.
    public var xName: String
    /// What is along the vertical axis.
    public var yName: String
    /// The curves; up to 8 get colours apart from each other, more a scale from the first to the last.
    public var series: [Series]
    /// The ends of the vertical axis; what the points span unless given.
    public var yRange: ClosedRange<Double>?

    /// A chart.
    public init(
        title: String, xName: String, yName: String, series: [Series], yRange: ClosedRange<Double>? = nil
    ) {
        self.title = title
        self.xName = xName
        self.yName = yName
        self.series = series
        self.yRange = yRange
    }

    /// A standalone SVG document.
    public func svg() -> String {
        let frame = Frame(self)
        var writer = SVGWriter(width: frame.width, height: frame.height)
        writer.text(title, x: frame.width / 2, y: 24, size: 15, anchor: .middle, bold: true)
        drawAxes(&writer, frame)
        for (index, one) in series.enumerated() { draw(one, index, &writer, frame) }
        drawLegend(&writer, frame)
        return writer.document(title: title)
    }

    /// Where numbers are drawn.
    private struct Frame {
        static let rowHeight = 18.0
        let left = 74.0
        let top = 44.0
        let plotWidth = 520.0
        let plotHeight: Double
        let width: Double
        let x: ClosedRange<Double>
        let y: ClosedRange<Double>

        init(_ chart: LineChart) {
            let points = chart.series.flatMap(\.points).filter(\.isFinite)
            x = Self.span(points.map(\.x))
            // A twentieth of air above and below.
            let span = Self.span(points.map(\.y))
            let air = (span.upperBound - span.lowerBound) / 20
            y = Self.usable(chart.yRange) ?? (span.lowerBound - air)...(span.upperBound + air)
            plotHeight = max(320, Self.rowHeight * Double(chart.series.count))
            let names = chart.series.map { SVGWriter.width(of: $0.name, size: 12) }.max() ?? 0
            let titleWidth = SVGWriter.width(of: chart.title, size: 15) + 40
            width = max(left + plotWidth + (chart.series.isEmpty ? 20 : 50 + names + 14), titleWidth)
        }

        var height: Double { bottom + 54 }
        var right: Double { left + plotWidth }
        var bottom: Double { top + plotHeight }

        private static func usable(_ range: ClosedRange<Double>?) -> ClosedRange<Double>? {
            guard let range, range.lowerBound.isFinite, range.upperBound.isFinite, range.lowerBound < range.upperBound
            else { return nil }
            return range
        }

        /// From the smallest to the largest, made wider if they are equal.
        private static func span(_ values: [Double]) -> ClosedRange<Double> {
            guard let low = values.min(), let high = values.max() else { return 0...1 }
            if low < high { return low...high }
            let half = max(abs(low) / 2, 0.5)
            return low - half...low + half
        }

        func place(_ point: Point) -> (x: Double, y: Double) { (column(point.x), row(point.y)) }

        func column(_ value: Double) -> Double {
            left + (value - x.lowerBound) / (x.upperBound - x.lowerBound) * plotWidth
        }

        func row(_ value: Double) -> Double {
            let part = (value - y.lowerBound) / (y.upperBound - y.lowerBound)
            return bottom - min(max(part, 0), 1) * plotHeight
        }
    }

    private func drawAxes(_ writer: inout SVGWriter, _ frame: Frame) {
        let xTicks = AxisTicks(frame.x)
        for (value, label) in zip(xTicks.values, xTicks.labels) {
            let x = frame.column(value)
            writer.line([(x, frame.top), (x, frame.bottom)], stroke: SVGWriter.faint)
            writer.text(label, x: x, y: frame.bottom + 17, size: 11, anchor: .middle)
        }
        let yTicks = AxisTicks(frame.y)
        for (value, label) in zip(yTicks.values, yTicks.labels) {
            let y = frame.row(value)
            writer.line([(frame.left, y), (frame.right, y)], stroke: SVGWriter.faint)
            writer.text(label, x: frame.left - 8, y: y + 4, size: 11, anchor: .end)
        }
        writer.line(
            [(frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)],
            stroke: SVGWriter.foreground)
        writer.text(xName, x: (frame.left + frame.right) / 2, y: frame.height - 14, anchor: .middle)
        writer.text(yName, x: 20, y: (frame.top + frame.bottom) / 2, anchor: .middle, turned: true)
    }

    private func draw(_ one: Series, _ index: Int, _ writer: inout SVGWriter, _ frame: Frame) {
        let colour = ChartColours.line(index, of: series.count)
        for run in one.points.split(whereSeparator: { !$0.isFinite }) {
            let places = run.map { frame.place($0) }
            if places.count == 1 {
                writer.circle(x: places[0].x, y: places[0].y, radius: 2.5, fill: colour)
            } else {
                writer.line(places, stroke: colour, width: 1.75)
            }
        }
    }

    private func drawLegend(_ writer: inout SVGWriter, _ frame: Frame) {
        for (index, one) in series.enumerated() {
            let y = frame.top + 8 + Frame.rowHeight * Double(index)
            let colour = ChartColours.line(index, of: series.count)
            writer.line([(frame.right + 16, y), (frame.right + 40, y)], stroke: colour, width: 2.5)
            writer.text(one.name, x: frame.right + 48, y: y + 4)
        }
    }
}

import Foundation
import SottoReporting
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// What a picture says, read by an XML parser.
private final class Picture: NSObject, XMLParserDelegate {
    private(set) var elements: [(name: String, attributes: [String: String])] = []
    private(set) var texts: [String] = []
    private(set) var isWellFormed = false
    private var text = ""

    init(_ svg: String) {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        isWellFormed = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements.append((name, attributes))
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "text" { texts.append(text) }
        text = ""
    }

    func all(_ name: String) -> [[String: String]] { elements.filter { $0.name == name }.map(\.attributes) }

    /// Everything lies in the picture.
    var isInside: Bool {
        guard let svg = elements.first?.attributes, let width = svg["width"].flatMap(Double.init),
            let height = svg["height"].flatMap(Double.init)
        else { return false }
        let points = all("polyline").flatMap { ($0["points"] ?? "").split(separator: " ") }
            .map { $0.split(separator: ",").compactMap { Double($0) } }
        let corners = (all("text") + all("rect")).map { [$0["x"], $0["y"]].map { Double($0 ?? "0") ?? .nan } }
        return (points + corners).allSatisfy {
            $0.count == 2 && $0[0] >= 0 && $0[0] <= width && $0[1] >= 0 && $0[1] <= height
        }
    }
}

struct ChartTests {
    private static let nasty = "a<b> & \"c\" 'd' ü\u{0}\u{7}\n]]>"
    private static let readable = "a<b> & \"c\" 'd' ü ]]>"

    @Test func heatMap() {
        let map = HeatMap(
            title: Self.nasty, values: [[0, 1.5], [3, .nan], [0.75]], scale: 0...3, legend: "nats <&>",
            noteTitle: "mean", rowNotes: ["0.75", "3.00", "0.75"])
        let picture = Picture(map.svg())
        #expect(picture.isWellFormed && picture.isInside)
        #expect(picture.elements.first?.name == "svg")
        #expect(picture.elements.first?.attributes["xmlns"] == "http://www.w3.org/2000/svg")
        for text in [Self.readable, "nats <&>", "layer", "head", "mean", "1.50", "-", "2.25"] {
            #expect(picture.texts.contains(text), "\(text)")
        }
        // White, 5 cells, the scale.
        let fills = picture.all("rect").compactMap { $0["fill"] }
        #expect(fills.count == 1 + 5 + 55)
        #expect(Set(fills[1...5]).count == 5)
        // The scale runs from the smallest value's colour to the largest's.
        #expect(fills[1] == fills[6] && fills[3] == fills[60])
    }

    @Test(arguments: [(1, 1), (12, 12), (36, 20), (4, 64), (0, 0)])
    func heatMapsOfEverySize(rows: Int, columns: Int) {
        let values = (0..<rows).map { row in (0..<columns).map { Double(row + $0) } }
        for scale in [0...1.0, 0...0, -5...100] {
            let picture = Picture(HeatMap(title: "", values: values, scale: scale, legend: "").svg())
            #expect(picture.isWellFormed && picture.isInside)
        }
    }

    @Test func lineChart() {
        let chart = LineChart(
            title: Self.nasty, xName: "step", yName: "nats",
            series: [
                .init("layer <0>", [.init(x: 0, y: 1), .init(x: 50, y: 2), .init(x: 100, y: 0.5)]),
                .init("layer 1", [.init(x: 0, y: 1), .init(x: 10, y: .nan), .init(x: 20, y: 1), .init(x: 30, y: 2)]),
            ])
        let picture = Picture(chart.svg())
        #expect(picture.isWellFormed && picture.isInside)
        for text in [Self.readable, "step", "nats", "layer <0>", "layer 1", "0", "20", "100", "0.5", "2.0"] {
            #expect(picture.texts.contains(text), "\(text) in \(picture.texts)")
        }
        // The second curve is cut in two by what is no number: a point and a line.
        #expect(picture.all("circle").count == 1)
        let lines = picture.all("polyline").filter { $0["stroke-width"] == "1.75" }
        #expect(lines.map { ($0["points"] ?? "").split(separator: " ").count } == [3, 2])
        // Left to right; a higher number is higher up.
        let first = (lines[0]["points"] ?? "").split(separator: " ")
            .map { $0.split(separator: ",").compactMap { Double($0) } }
        #expect(first[0][0] < first[1][0] && first[1][0] < first[2][0])
        #expect(first[1][1] < first[0][1] && first[0][1] < first[2][1])
    }

    @Test func degenerateCharts() {
        let tiny = Double.leastNonzeroMagnitude
        let points: [[LineChart.Point]] = [
            [], [.init(x: 1, y: 1)], [.init(x: .nan, y: 1)], [.init(x: 0, y: 0), .init(x: 0, y: 0)],
            [.init(x: -1e300, y: tiny), .init(x: 1e300, y: 0)], [.init(x: 1e18, y: 5), .init(x: 1e18 + 256, y: 5)],
            [.init(x: tiny, y: 1), .init(x: 2 * tiny, y: .infinity)],
        ]
        for points in points {
            for range in [nil, 0...1, 0...0, -Double.infinity...1] {
                let chart = LineChart(
                    title: "t", xName: "x", yName: "y", series: [.init("s", points)], yRange: range)
                #expect(Picture(chart.svg()).isWellFormed)
            }
        }
        let none = LineChart(title: "t", xName: "x", yName: "y", series: [])
        #expect(Picture(none.svg()).isWellFormed)
    }

    @Test func manyCurvesKeepApart() {
        let series = (0..<24).map { index in
            LineChart.Series("layer \(index)", (0..<5).map { .init(x: Double($0), y: Double(index * $0)) })
        }
        let picture = Picture(LineChart(title: "t", xName: "x", yName: "y", series: series).svg())
        #expect(picture.isInside)
        let colours = picture.all("polyline").filter { $0["stroke-width"] == "1.75" }.compactMap { $0["stroke"] }
        #expect(Set(colours).count == 24)
    }
}

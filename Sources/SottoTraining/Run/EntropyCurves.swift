import Foundation
import SottoReporting

/// The picture of a run: every layer's mean head entropy over the steps, from `entropies.csv`.
struct EntropyCurves {
    /// A picture does not get better by more points.
    private static let pointLimit = 200

    private var layers: [[LineChart.Point]] = []

    /// Reads a log.
    /// - Throws: ``RunFileError/shortLog(path:)`` if it cannot be read or is none.
    init(log url: URL) throws(RunFileError) {
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { throw .shortLog(path: url.path) }
        for line in text.split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",", maxSplits: 3)
            guard cells.count == 4, let step = Double(cells[0]), let layer = Int(cells[1]), let mean = Double(cells[2]),
                (0...layers.count).contains(layer)
            else { throw .shortLog(path: url.path) }
            if layer == layers.count { layers.append([]) }
            layers[layer].append(.init(x: step, y: mean))
        }
    }

    /// A standalone SVG document.
    /// - Parameters:
    ///   - name: of the trained network.
    ///   - maximum: log T, the upper end of the vertical axis.
    func svg(name: String, maximum: Double) -> String {
        LineChart(
            title: "Attention entropy of \(name) over training", xName: "step", yName: "nats, mean over heads",
            series: layers.enumerated().map { .init("layer \($0)", Self.thinned($1)) }, yRange: 0...maximum
        ).svg()
    }

    /// At most so many points, the last among them.
    private static func thinned(_ points: [LineChart.Point]) -> [LineChart.Point] {
        let interval = max(1, (points.count + pointLimit - 2) / (pointLimit - 1))
        return points.indices.filter { $0.isMultiple(of: interval) || $0 == points.count - 1 }.map { points[$0] }
    }
}

import Foundation

/// Round numbers along an axis.
struct AxisTicks: Equatable {
    let values: [Double]
    /// What is written at each of them.
    let labels: [String]

    /// 1, 2 or 5 times a power of ten apart, about `count` of them.
    init(_ range: ClosedRange<Double>, count: Int = 6) {
        let span = range.upperBound - range.lowerBound
        guard span > 0, span.isFinite else {
            self.init([range.lowerBound], decimals: 2)
            return
        }
        let rough = span / Double(max(count, 1))
        let power = pow(10, floor(log10(rough)))
        let step = power * ([1, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10)
        // Numbers so close together that they have no round ones between them.
        guard step.isNormal, max(abs(range.lowerBound), abs(range.upperBound)) / step < 1e9 else {
            self.init([range.lowerBound], decimals: 2)
            return
        }
        let first = Int((range.lowerBound / step - 1e-9).rounded(.up))
        let last = Int((range.upperBound / step + 1e-9).rounded(.down))
        let decimals = max(0, -Int(floor(log10(step) + 1e-9)))
        self.init(first > last ? [] : (first...last).map { Double($0) * step }, decimals: decimals)
    }

    private init(_ values: [Double], decimals: Int) {
        self.values = values
        let hasThousands = values.contains { abs($0) >= 1e4 }
        labels = values.map { Self.label($0, decimals: decimals, hasThousands: hasThousands) }
    }

    /// As in `0.25`, `500`, `20k`, `1.5M` or `2e+09`.
    private static func label(_ value: Double, decimals: Int, hasThousands: Bool) -> String {
        let magnitude = abs(value)
        if magnitude >= 1e9 || decimals > 5 && magnitude > 0 { return String(format: "%.3g", value) }
        if magnitude >= 1e6 { return String(format: "%.4gM", value / 1e6) }
        if hasThousands, magnitude >= 1000, value.truncatingRemainder(dividingBy: 1000) == 0 {
            return String(format: "%.0fk", value / 1000)
        }
        let text = String(format: "%.\(min(decimals, 5))f", value)
        return Double(text) == 0 ? String(text.drop { $0 == "-" }) : text
    }
}

import Foundation

/// Colours of charts.
enum ChartColours {
    /// Where there is no number.
    static let missing = "#bbbbbb"

    /// From low to high: dark blue, teal, green, yellow. Lightness rises all the way, so that the order survives a print
    /// in grey.
    private static let ramp: [(red: Double, green: Double, blue: Double)] = [
        (28, 30, 84), (34, 86, 128), (44, 140, 132), (120, 188, 100), (248, 224, 92),
    ]

    /// Colours that people with the common kinds of colour blindness tell apart.
    private static let apart = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555", "#8c510a",
    ]

    /// The colour of a fraction from 0 to 1.
    static func scale(_ fraction: Double) -> String {
        let (red, green, blue) = components(fraction)
        return "#" + [red, green, blue].map { String(format: "%02x", Int($0.rounded())) }.joined()
    }

    /// What is readable on the colour of a fraction.
    static func text(on fraction: Double) -> String {
        let (red, green, blue) = components(fraction)
        return 0.299 * red + 0.587 * green + 0.114 * blue > 125 ? "#111111" : "#ffffff"
    }

    /// The colour of one of several lines: apart from each other if they are few, a scale if they are many.
    static func line(_ index: Int, of count: Int) -> String {
        // The scale's last tenth is too light for lines on white.
        count <= apart.count ? apart[index] : scale(0.9 * Double(index) / Double(max(count - 1, 1)))
    }

    private static func components(_ fraction: Double) -> (red: Double, green: Double, blue: Double) {
        let place = (fraction.isFinite ? min(max(fraction, 0), 1) : 0) * Double(ramp.count - 1)
        let lower = min(Int(place), ramp.count - 2)
        let (from, to, part) = (ramp[lower], ramp[lower + 1], place - Double(lower))
        return (
            from.red + part * (to.red - from.red), from.green + part * (to.green - from.green),
            from.blue + part * (to.blue - from.blue)
        )
    }
}

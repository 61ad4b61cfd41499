import Foundation

/// Quantities as people read them: three digits and a decimal unit.
public enum Quantity {
    /// Seconds.
    package static let longest = Double(Int.max) / 1e9

    /// As in `0 B`, `999 B`, `1.23 kB`, `45.6 MB`.
    public static func bytes(_ count: Int) -> String {
        scaled(Double(count), units: ["B", "kB", "MB", "GB", "TB", "PB"], isWhole: true)
    }

    /// As in `12.3 µs`, `4.56 s`, `95.2 s`, `12.3 min`, `4.56 h`.
    public static func seconds(_ seconds: Double) -> String {
        guard seconds > 0 else { return "0 s" }
        // What is counted in nanoseconds ends there.
        if seconds >= Self.longest { return "above 292 years" }
        if seconds < 1e-3 { return digits(seconds * 1e6) + " µs" }
        if seconds < 1 { return digits(seconds * 1e3) + " ms" }
        if seconds < 600 { return digits(seconds) + " s" }
        return seconds < 36000 ? digits(seconds / 60) + " min" : digits(seconds / 3600) + " h"
    }

    /// As in `12.3 %`, or `-` of nothing.
    public static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "-" }
        return fixed(100 * Double(part) / Double(whole), decimals: 1) + " %"
    }

    /// As in `1.23 GFLOP`.
    public static func flops(_ count: Int) -> String {
        scaled(Double(count), units: ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"], isWhole: true)
    }

    /// As in `123` or `1.23 G`.
    public static func count(_ count: Double) -> String {
        let text = scaled(count, units: ["", "k", "M", "G", "T", "P"], isWhole: true)
        return text.hasSuffix(" ") ? String(text.dropLast()) : text
    }

    private static func scaled(_ value: Double, units: [String], isWhole: Bool) -> String {
        var (value, unit) = (value, 0)
        // 999.5 and more would be printed as 1000.
        while value >= (unit == 0 ? 1000 : 999.5), unit + 1 < units.count {
            value /= 1000
            unit += 1
        }
        return (unit == 0 && isWhole ? fixed(value, decimals: 0) : digits(value)) + " " + units[unit]
    }

    /// Three significant digits of a positive number.
    private static func digits(_ value: Double) -> String {
        fixed(value, decimals: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
    }

    private static func fixed(_ value: Double, decimals: Int) -> String {
        String(format: "%.\(decimals)f", value)
    }
}

extension Quantity {
    /// Three significant digits, as in `0.00123` or `98.4`.
    public static func plain(_ value: Double) -> String { String(format: "%.3g", value) }

    /// Three significant digits, and all that stand before the point: `25.3`, `4095`.
    public static func whole(_ value: Double) -> String {
        value >= 0.01 && value < 1e9 ? digits(value) : plain(value)
    }

    /// Four decimals.
    public static func decimal(_ value: Double) -> String { fixed(value, decimals: 4) }

    /// As in `12.3 %`.
    public static func percent(_ fraction: Double) -> String { fixed(100 * fraction, decimals: 1) + " %" }

    /// As in `100 Mbit/s` or `1 Gbit/s`.
    public static func rate(megabitsPerSecond rate: Double) -> String {
        if rate < 1 { return plain(rate * 1e3) + " kbit/s" }
        if rate < 1000 { return plain(rate) + " Mbit/s" }
        return plain(rate / 1000) + " Gbit/s"
    }
}

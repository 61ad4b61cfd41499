import SottoTransport

/// A network between the parties, and between either of them and the dealer: the rate of one direction of a link, and
/// the round-trip time.
public struct Network: Sendable, Hashable, Codable {
    /// `lan`, `wan`, `loopback`, or the rate and delay as they were given.
    public let name: String
    public let megabitsPerSecond: Double
    public let rttMilliseconds: Double

    /// - Parameters:
    ///   - megabitsPerSecond: of payload in one direction, above 0.
    ///   - rttMilliseconds: both ways, not negative.
    public init(name: String, megabitsPerSecond: Double, rttMilliseconds: Double) {
        self.name = name
        self.megabitsPerSecond = megabitsPerSecond
        self.rttMilliseconds = rttMilliseconds
    }

    /// 1 Gbit/s, 0.5 ms.
    public static let lan = Network(name: "lan", megabitsPerSecond: 1000, rttMilliseconds: 0.5)
    /// 100 Mbit/s, 80 ms: the paper's.
    public static let wan = Network(name: "wan", megabitsPerSecond: 100, rttMilliseconds: 80)
    /// Two processes on one machine of two cores, by TCP through SwiftNIO, as measured: 4.6 GB/s in messages of 1 MiB, 63
    /// microseconds there and back. Other machines differ.
    public static let loopback = Network(name: "loopback", megabitsPerSecond: 36_800, rttMilliseconds: 0.063)

    public static let presets = [lan, wan, loopback]

    /// One direction between two of the three, at rest.
    public var link: Link {
        Link(bitsPerSecond: megabitsPerSecond * 1e6, delay: Int((rttMilliseconds * 5e5).rounded()))
    }
}

/// A network that cannot be understood.
public enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    case outOfRange(String)

    public var description: String {
        switch self {
        case .malformed(let text):
            "There is no network '\(text)'; take \(Self.choices)."
        case .outOfRange(let text):
            "The network '\(text)' is out of range: rates go from 1 kbps to 1000 Gbps and round trips to 100 s; take "
                + "\(Self.choices)."
        }
    }

    private static var choices: String {
        Network.presets.map(\.name).joined(separator: ", ")
            + ", or a rate and a round-trip time such as 300Mbps,40ms (kbps, Mbps, Gbps; us, ms, s)"
    }
}

extension Network {
    private static let rates = ["kbps": 1e-3, "mbps": 1, "gbps": 1e3]
    private static let times = ["us": 1e-3, "ms": 1, "s": 1e3]

    /// Reads `lan`, `wan`, `loopback`, or a rate and a round-trip time such as `300Mbps,40ms`.
    /// - Throws: ``NetworkError`` with the valid choices.
    public init(argument: String) throws(NetworkError) {
        if let preset = Self.presets.first(where: { $0.name == argument.lowercased() }) {
            self = preset
            return
        }
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let rate = Self.quantity(parts[0], units: Self.rates),
            let time = Self.quantity(parts[1], units: Self.times)
        else { throw .malformed(argument) }
        guard (1e-3...1e6).contains(rate), (0...1e5).contains(time) else { throw .outOfRange(argument) }
        self.init(name: argument, megabitsPerSecond: rate, rttMilliseconds: time)
    }

    /// Plain decimal digits and a unit.
    private static func quantity(_ text: Substring, units: [String: Double]) -> Double? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = units[text.dropFirst(number.count).lowercased()], number.first?.isNumber == true,
            number.last?.isNumber == true, let value = Double(number)
        else { return nil }
        return value * unit
    }
}

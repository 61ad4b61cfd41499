import SottoModel

/// A small repeatable generator for test inputs (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(_ seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension SeededGenerator {
    /// `count` values in `-2^bits ... 2^bits`, the ends, zero and one unit around each of them first.
    public mutating func integers(_ count: Int, bits: Int) -> [Int64] {
        let end: Int64 = bits >= 63 ? .max : 1 << Int64(bits)
        let adversarial = [0, 1, -1, end, -end, end - 1, 1 - end, end / 2, -end / 2].map { max(-end, min(end, $0)) }
        return (0..<count).map { $0 < adversarial.count ? adversarial[$0] : Int64.random(in: -end...end, using: &self) }
    }
}

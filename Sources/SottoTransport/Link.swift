/// One direction of a connection as a model of time: a first-in-first-out line of some rate, and a delay behind it.
///
/// Times are integer nanoseconds since the start of a phase. A message leaves when its sender hands it over or when the
/// line is free, whichever is later; it occupies the line for its bits over the rate, rounded to a nanosecond, and
/// arrives the delay after its last bit has left. Everything that predicts or shapes time uses this one formula, so that
/// predictions and shaped runs agree to the nanosecond.
public struct Link: Sendable, Hashable {
    public let bitsPerSecond: Double
    /// One way, in nanoseconds.
    public let delay: Int
    /// When the line is free again.
    package private(set) var free = 0

    /// - Parameters:
    ///   - bitsPerSecond: above 0.
    ///   - delay: one way, in nanoseconds, not negative.
    public init(bitsPerSecond: Double, delay: Int) {
        self.bitsPerSecond = bitsPerSecond
        self.delay = delay
    }

    /// Sends a message of so many payload bytes that its sender hands over at `time`.
    /// - Returns: when it arrives.
    package mutating func transmit(bytes: Int, at time: Int) -> Int {
        free = max(time, free).advanced(byNanoseconds: occupation(bytes: bytes))
        return free.advanced(byNanoseconds: delay)
    }

    /// How long a message occupies the line, in nanoseconds.
    package func occupation(bytes: Int) -> Int {
        let nanoseconds = (Double(bytes) * 8e9 / bitsPerSecond).rounded()
        return nanoseconds < 0x1p62 ? Int(nanoseconds) : 1 << 62
    }
}

extension Int {
    /// The sum, or the largest number where there is none: ages pass before that matters.
    package func advanced(byNanoseconds other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

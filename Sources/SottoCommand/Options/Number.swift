import ArgumentParser

/// Numbers of options, each read with the range it must be in, so that every other one is refused in the same words.
enum Number {
    /// What seeds are: all there are of 64 bits.
    @Sendable static func seed(_ text: String) throws -> UInt64 {
        guard let value = UInt64(text) else {
            throw ValidationError("It must be a whole number from 0 to \(UInt64.max)")
        }
        return value
    }

    static func integer(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let value = Int(text), range.contains(value) else {
                throw ValidationError("It must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }

    /// Several between commas.
    static func integers(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> CommaList<Int> {
        let one = integer(range)
        return { text in
            do {
                return CommaList(
                    try text.split(separator: ",", omittingEmptySubsequences: false).map { try one(String($0)) })
            } catch {
                throw ValidationError(
                    "It must be whole numbers from \(range.lowerBound) to \(range.upperBound), with commas between")
            }
        }
    }

    /// - Parameter range: with `leastNonzeroMagnitude` as its lower bound all that is above 0.
    static func real(_ range: ClosedRange<Double>) -> @Sendable (String) throws -> Double {
        { text in
            // Neither `nan` nor `inf` is in a range, nor is a number without digits one.
            guard let value = Double(text), range.contains(value) else {
                throw ValidationError("It must be a number \(words(range))")
            }
            return value
        }
    }

    private static func words(_ range: ClosedRange<Double>) -> String {
        let upper = short(range.upperBound)
        return range.lowerBound == .leastNonzeroMagnitude
            ? "above 0 and at most \(upper)" : "from \(short(range.lowerBound)) to \(upper)"
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }

    /// As many as a model may be asked for at once.
    static let positions = 1...65536
    static let threads = 1...1024
    static let windows = 1...1_000_000_000
    /// More would be waited for longer than a day.
    static let timeouts = Double.leastNonzeroMagnitude...1e6
}

/// Pearson's test of uniformity.
public enum ChiSquare {
    /// How many standard deviations the statistic of the byte values lies from what uniform bytes give; a uniform sample
    /// exceeds 5 less than once in a hundred thousand.
    public static func deviation(ofBytes bytes: [UInt8]) -> Double {
        var counts = [Int](repeating: 0, count: 256)
        for byte in bytes { counts[Int(byte)] += 1 }
        return deviation(counts: counts)
    }

    /// The same for any set of equally likely outcomes.
    public static func deviation(counts: [Int]) -> Double {
        let expected = Double(counts.reduce(0, +)) / Double(counts.count)
        let statistic = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        let freedom = Double(counts.count - 1)
        return (statistic - freedom) / (2 * freedom).squareRoot()
    }
}

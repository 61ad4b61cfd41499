/// How the heads of a layer compare.
struct HeadSummary {
    let mean: Double
    /// The mean squared deviation from the mean.
    let variance: Double
    let minimum: Double
    let maximum: Double

    /// Of at least one head.
    init(_ heads: [Double]) {
        let mean = heads.reduce(0, +) / Double(heads.count)
        self.mean = mean
        variance = heads.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(heads.count)
        minimum = heads.min() ?? mean
        maximum = heads.max() ?? mean
    }
}

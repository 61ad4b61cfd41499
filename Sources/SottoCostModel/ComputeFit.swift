/// Fits the coefficients of one kind of work to measured times: least squares with coefficients that are not negative,
/// where a measurement of time `t` weighs as much as times that vary like `t` do, so that the sum of all predicted times
/// is near that of all measured ones.
struct ComputeFit: Sendable {
    private static let size = WorkSize.names.count
    private var products = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
    private var targets = [Double](repeating: 0, count: size)
    private(set) var count = 0
    private(set) var nanoseconds = 0.0
    private(set) var total = WorkSize()

    /// Times below this are as noisy as this.
    private static let noise = 2000.0
    private static let sweeps = 2000

    mutating func add(_ size: WorkSize, nanoseconds time: Double) {
        let features = size.features
        let weight = 1 / (time + Self.noise)
        for row in features.indices {
            for column in features.indices { products[row][column] += weight * features[row] * features[column] }
            targets[row] += weight * features[row] * time
        }
        count += 1
        nanoseconds += time
        total.elements += size.elements
        total.flops += size.flops
        total.bytes += size.bytes
    }

    /// Whether flops make a tenth of the time or more.
    var isBoundByFlops: Bool { coefficients[2] * Double(total.flops) >= nanoseconds / 10 }

    /// Coefficients for each feature.
    var coefficients: [Double] {
        // In units in which every feature has weight one, coordinate by coordinate.
        let scales = (0..<Self.size).map { products[$0][$0].squareRoot() }
        var solution = [Double](repeating: 0, count: Self.size)
        for _ in 0..<Self.sweeps {
            var change = 0.0
            for row in solution.indices where scales[row] > 0 {
                var rest = targets[row] / scales[row]
                for column in solution.indices where column != row && scales[column] > 0 {
                    rest -= products[row][column] / scales[row] / scales[column] * solution[column]
                }
                let next = max(0, rest)
                change = max(change, abs(next - solution[row]))
                solution[row] = next
            }
            if change <= 1e-12 * (solution.max() ?? 0) { break }
        }
        return zip(solution, scales).map { $1 > 0 ? $0 / $1 : 0 }
    }
}

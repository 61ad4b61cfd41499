import SottoAlgebra

/// Which points of a key lie so close together, whatever the key, that the upper levels of a tree hold two paths of them at
/// most: those of the first and of the last. All others take one of these where clusters part.
public struct PointClusters: Sendable, Hashable {
    public let pointsOfKey: Int
    /// The level at which all points are on their own.
    let level: Int
    /// The points that walk from the root.
    let leaders: [Int]
    /// By point: the places among the leaders of the first and the last of its cluster.
    let choices: [(first: Int, last: Int)]

    /// Every point walks from the root.
    init(pointsOfKey: Int) {
        self.pointsOfKey = pointsOfKey
        level = 0
        leaders = Array(0..<pointsOfKey)
        choices = leaders.map { ($0, $0) }
    }

    /// - Parameters:
    ///   - inputBits: of the keys.
    ///   - distances: of each point from the one before it, in a circle of `2^inputBits` that may turn; the first's is not used.
    ///     One at least `2^inputBits` is of a point that may be anywhere.
    init(inputBits: Int, distances: [UInt64]) {
        let alone = PointClusters(pointsOfKey: distances.count)
        self =
            (0..<inputBits).map { PointClusters(inputBits: inputBits, partingAt: $0, distances) }
            .min { $0.cost(inputBits) < $1.cost(inputBits) } ?? alone
    }

    private init(inputBits: Int, partingAt level: Int, _ distances: [UInt64]) {
        // Two aligned cells of that size hold whatever is no longer than one.
        let cell: UInt64 = 1 << UInt64(inputBits - level)
        var clusters: [Range<Int>] = []
        var reach: UInt64 = 0
        for (point, distance) in distances.enumerated() {
            let (sum, overflow) = reach.addingReportingOverflow(distance)
            if point > 0, !overflow, sum <= cell {
                reach = sum
                clusters[clusters.count - 1] = clusters[clusters.count - 1].lowerBound..<point + 1
            } else {
                reach = 0
                clusters.append(point..<point + 1)
            }
        }
        var (leaders, choices): ([Int], [(Int, Int)]) = ([], [])
        for cluster in clusters {
            let first = leaders.count
            leaders.append(cluster.lowerBound)
            if cluster.count > 1 { leaders.append(cluster.upperBound - 1) }
            choices += cluster.map { _ in (first, leaders.count - 1) }
        }
        (pointsOfKey, self.level, self.leaders, self.choices) = (distances.count, level, leaders, choices)
    }

    /// Nodes of a walk.
    private func cost(_ inputBits: Int) -> Int {
        level * ComparisonLanes.padded(leaders.count) + (inputBits - level) * ComparisonLanes.padded(pointsOfKey)
    }

    /// For kernels: the leaders, and by point the first and the last of its cluster.
    func withPointers(
        _ body: (UnsafePointer<UInt32>, UnsafePointer<UInt32>, UnsafePointer<UInt32>) -> Void
    ) {
        let leaders = leaders.map { UInt32($0) }
        body(leaders, choices.map { UInt32($0.first) }, choices.map { UInt32($0.last) })
    }

    public static func == (a: PointClusters, b: PointClusters) -> Bool {
        a.pointsOfKey == b.pointsOfKey && a.level == b.level && a.leaders == b.leaders
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(pointsOfKey)
        hasher.combine(level)
        hasher.combine(leaders)
    }
}

extension ComparisonFormat {
    /// Nodes that an evaluation of one key passes.
    package func nodes(_ clusters: PointClusters) -> Int {
        let level = min(clusters.level, levels)
        return level * clusters.leaders.count + (levels - level + (leafBits > 0 ? 1 : 0)) * clusters.pointsOfKey
    }

    /// `(1, a, a², ...)` for each mask, as many as there are components.
    package func powers(of masks: [UInt64]) -> [UInt64] {
        var powers = [UInt64](repeating: 1, count: masks.count * components)
        for (index, mask) in masks.enumerated() {
            for power in 1..<max(1, components) {
                powers[index * components + power] = powers[index * components + power - 1] &* mask
            }
        }
        return powers
    }
}

extension ComparisonFormat {
    /// `(1, a, ..., b, b·a, ...)` for each mask `a` and each factor `b`, as many as there are components.
    package func multipliedPowers(of masks: [UInt64], by factors: [UInt64]) -> [UInt64] {
        let half = components / 2
        var powers = [UInt64](repeating: 1, count: masks.count * components)
        for (index, mask) in masks.enumerated() {
            let first = index * components
            for power in 1..<half { powers[first + power] = powers[first + power - 1] &* mask }
            for power in 0..<half { powers[first + half + power] = powers[first + power] &* factors[index] }
        }
        return powers
    }
}

extension ComparisonCorrections {
    /// The right children's control bits, level by level.
    package func rightBits(count: Int) -> [BitVector] {
        let words = Self.bitWords(count)
        guard words > 0 else { return [] }
        return stride(from: 0, to: rightBits.count, by: words).map {
            BitVector(words: Array(rightBits[$0..<($0 + words)]), count: count)
        }
    }
}

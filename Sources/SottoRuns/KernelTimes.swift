import Foundation
import SottoAlgebra

/// What two kernels took for the same product: the one that is taken for small products, and its rival for larger ones.
package struct KernelTimes: Sendable, Hashable {
    package let rows: Int
    package let depth: Int
    /// Seconds.
    package let first: Double
    package let rival: Double

    package init(rows: Int, depth: Int, first: Double, rival: Double) {
        self.rows = rows
        self.depth = depth
        self.first = first
        self.rival = rival
    }

    /// Products of entries that one of the result is a sum of, for all rows.
    package var terms: Int { rows * depth }
}

/// Crossovers from times alone.
extension Collection<KernelTimes> {
    /// The smallest size from which the rival wins at that and all larger sizes, in the geometric mean over what else products of
    /// a size differ in.
    package func crossover(by size: (KernelTimes) -> Int) -> Crossover {
        let bySize = Dictionary(grouping: self, by: size)
        let won = bySize.keys.sorted(by: >).prefix { bySize[$0]?.isWonOnTheWhole ?? false }
        return won.last.map { Crossover($0) } ?? .never
    }

    private var isWonOnTheWhole: Bool { reduce(0) { $0 + log($1.rival / $1.first) } < 0 }

    /// The pair of sizes from both of which on the rival wins everywhere: of all such pairs one that most products reach.
    package func crossovers(
        by size: (KernelTimes) -> Int, and other: (KernelTimes) -> Int
    ) -> (Crossover, Crossover) {
        var best: [KernelTimes] = []
        for least in Set(map(size)).sorted() {
            for otherLeast in Set(map(other)).sorted() {
                let reached = filter { size($0) >= least && other($0) >= otherLeast }
                if reached.count > best.count, reached.allSatisfy({ $0.rival < $0.first }) { best = reached }
            }
        }
        // No smaller than was measured.
        guard let least = best.map(size).min(), let otherLeast = best.map(other).min() else { return (.never, .never) }
        return (Crossover(least), Crossover(otherLeast))
    }
}

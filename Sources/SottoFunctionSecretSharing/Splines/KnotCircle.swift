/// Where the pieces of an opened value lie among its masks: the gates' geometry.
///
/// With `e` the opened difference above the least input, and its cell `e'`, one more where bits are dropped so that what the
/// lowest bits carry rounds up, `x` lies `e' + a'` cells above the least input, less `2^n'` from `a' = 2^n' - e'` on, where it
/// wraps. A knot of `x` is thus a point in the circle of `a'`, which turns with `e'`.
struct KnotCircle: Sendable, Hashable {
    /// Of the ring that `x` is opened in, 2 to 64 bits.
    let width: Int
    let droppedBits: Int
    /// In cells, ascending.
    let knots: [Int64]

    /// - Precondition: knots ascend within the width.
    init(width: Int, droppedBits: Int, knots: [Int64]) {
        precondition((2...64).contains(width) && (0..<width).contains(droppedBits))
        let last = Int64(bitPattern: UInt64.max >> UInt64(65 - width + droppedBits))
        precondition(knots.allSatisfy { (-last...last).contains($0) } && zip(knots, knots.dropFirst()).allSatisfy(<))
        self.width = width
        self.droppedBits = droppedBits
        self.knots = knots
    }

    /// Bits of a key's input.
    var cellBits: Int { width - droppedBits }
    /// Knots', and where `x` wraps.
    var points: Int { knots.count + 1 }

    /// An opened difference as keys see it.
    struct Opened {
        /// In cells, below `2^cellBits`.
        let cell: UInt64
        /// `x` minus the mask before `x` wraps.
        let shift: UInt64
    }

    @inline(__always)
    func opened(_ difference: UInt64) -> Opened {
        let half: UInt64 = 1 << UInt64(width - 1)
        let above = (difference &+ half) & (2 &* half &- 1)
        let rounded = above >> UInt64(droppedBits) &+ (droppedBits > 0 ? 1 : 0)
        // Where rounding up leaves the ring, the mask is beyond the wrap from the start.
        let (cell, carry) = (rounded & (1 << UInt64(cellBits) &- 1), rounded >> UInt64(cellBits))
        return Opened(cell: cell, shift: above &- half &- carry << UInt64(width))
    }

    /// Whether the least mask is beyond the knot, which is then met again after the wrap.
    @inline(__always)
    func isPassed(_ knot: Int64, _ opened: Opened) -> Bool {
        UInt64(bitPattern: knot) &+ 1 << UInt64(cellBits - 1) <= opened.cell
    }

    /// How many knots the least mask is beyond: the first ones.
    @inline(__always)
    func passed(_ opened: Opened) -> Int {
        var count = 0
        for knot in knots where isPassed(knot, opened) { count += 1 }
        return count
    }

    /// Knots are as far apart at every key; where `x` wraps may be anywhere.
    var clusters: PointClusters {
        let distances = zip(knots, knots.dropFirst()).map { UInt64($1 - $0) }
        return PointClusters(inputBits: cellBits, distances: (knots.isEmpty ? [] : [0]) + distances + [.max])
    }

    /// Where keys are evaluated for opened differences, knot after knot and then where `x` wraps: a key's function is
    /// `[point < α]·β`, which is `[α >= point + 1]·β`.
    func points(_ differences: [UInt64]) -> [UInt64] {
        let half: UInt64 = 1 << UInt64(cellBits - 1)
        let (size, raised) = (2 &* half, knots.map { UInt64(bitPattern: $0) &+ half })
        return [UInt64](unsafeUninitializedCapacity: differences.count * points) { out, initialized in
            initialized = differences.count * points
            var next = 0
            for difference in differences {
                let cell = opened(difference).cell
                for knot in raised {
                    out[next] = (knot &- cell &- 1) & (size &- 1)
                    next += 1
                }
                out[next] = size &- cell &- 1
                next += 1
            }
        }
    }
}

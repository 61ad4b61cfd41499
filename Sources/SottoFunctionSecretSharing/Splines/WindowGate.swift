import SottoAlgebra

/// A product of what is public and what is secret of a value `x = d + a` that was opened under a mask, where `x` lies in a
/// window of `2^windowBits` inputs, and zero elsewhere: which of two secret numbers is taken depends on whether the lowest
/// `windowBits` of `d` and `a` carry. With `e^d` and `e^a` that is an exponential, at three points of one key whose payload
/// are the two numbers.
///
/// Keys see the mask without its lowest `droppedBits`: inputs of the window's lowest cell of `2^droppedBits` may count as below
/// it, and none may lie in the cell above it.
public struct WindowGate: Sendable, Hashable {
    /// Of the ring that `x` is opened in.
    public let width: Int
    /// The window's first input.
    public let start: Int64
    public let windowBits: Int
    public let droppedBits: Int
    /// Results are modulo `2^ring`.
    public let ring: Int

    /// - Precondition: cells are smaller than the window, and that than half the ring.
    public init(width: Int, start: Int64, windowBits: Int, droppedBits: Int, ring: Int) {
        precondition((2...64).contains(width) && (1...64).contains(ring))
        precondition(droppedBits >= 0 && droppedBits < windowBits && windowBits < width)
        self.width = width
        self.start = start
        self.windowBits = windowBits
        self.droppedBits = droppedBits
        self.ring = ring
    }

    /// The secret numbers with a carry and without; nothing of them is public.
    public var keyFormat: ComparisonFormat {
        ComparisonFormat(inputBits: width - droppedBits, components: 2, ring: ring)
    }

    /// Where the window begins among the masks, where its carries end, and where it ends.
    public var clusters: PointClusters {
        let cells: UInt64 = 1 << UInt64(windowBits - droppedBits)
        // The one in between lies anywhere between the others, so that each may be as far as the window is long.
        return PointClusters(inputBits: width - droppedBits, distances: [0, cells, cells])
    }

    /// What is public of an opened difference.
    public func moved(_ difference: UInt64) -> UInt64 {
        (difference &- UInt64(bitPattern: start)) & (width == 64 ? .max : 1 << UInt64(width) &- 1)
    }

    /// In cells, 1 to `2^n` for `n` bits of a key's input: from the first on there is a carry, from the second on none, and from
    /// the last on the value is above the window.
    @inline(__always)
    private func borders(_ difference: UInt64) -> (UInt64, UInt64, UInt64) {
        let last: UInt64 = .max >> UInt64(64 - width + droppedBits)
        let cell = moved(difference) >> UInt64(droppedBits)
        let window: UInt64 = 1 << UInt64(windowBits - droppedBits)
        let index = cell & (window &- 1)
        let first = (0 &- cell &- 1) & last
        let middle = (index &- cell &- 1) & last
        let end = (window &- cell &- 1) & last
        return (first, middle, end)
    }

    /// Shares of the products.
    ///
    /// - Parameters:
    ///   - keys: a party's, of ``keyFormat``.
    ///   - factors: by key, what is public with a carry and without.
    /// - Throws: as ``ComparisonEvaluator``.
    public func evaluate(
        _ differences: [UInt64], factors: (carry: [UInt64], plain: [UInt64]), _ keys: PartyComparisonKeys,
        kernel: TreeHash.Kernel = .fastest
    ) throws -> [UInt64] {
        let mask: UInt64 = ring == 64 ? .max : 1 << UInt64(ring) &- 1
        let last: UInt64 = .max >> UInt64(64 - width + droppedBits)
        let evaluator = try ComparisonEvaluator(keyFormat, party: keys.party, kernel: kernel)
        let payloads = try evaluator.payloads(keys.corrections, roots: keys.roots)
        var points: [UInt64] = []
        points.reserveCapacity(3 * differences.count)
        for difference in differences {
            let (first, middle, end) = borders(difference)
            points.append(first)
            points.append(middle)
            points.append(end)
        }
        var results = [UInt64](repeating: 0, count: differences.count)
        try evaluator.evaluate(keys.corrections, roots: keys.roots, points: points, clusters: clusters) {
            chunk, values in
            for (place, key) in chunk.enumerated() {
                let row = values + 6 * place
                let carry = row[0] &- row[2]
                // Where the part without a carry begins at mask zero, all of the payload is above it.
                let plain = (points[3 * key + 1] == last ? payloads[2 * key + 1] : row[3]) &- row[5]
                results[key] = (carry &* factors.carry[key] &+ plain &* factors.plain[key]) & mask
            }
        }
        return results
    }
}

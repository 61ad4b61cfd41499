/// Rows of unequal length laid one after the other: `lengths` repeated `groups` times.
public struct Segments: Sendable, Hashable {
    public let groups: Int
    public let lengths: [Int]

    public init(groups: Int, lengths: [Int]) {
        self.groups = groups
        self.lengths = lengths
    }

    /// `rows` rows of `columns` elements each.
    public init(rows: Int, columns: Int) {
        self.init(groups: rows, lengths: [columns])
    }

    public var rowCount: Int { groups * lengths.count }
    public var elementCount: Int { groups * lengths.reduce(0, +) }
    public var longest: Int { lengths.max() ?? 0 }
    /// The rows after one level of a tournament: pairs, and the odd one out.
    package var halved: Segments { Segments(groups: groups, lengths: lengths.map { ($0 + 1) / 2 }) }
    /// The pairs of one level of a tournament.
    package var pairCount: Int { groups * lengths.reduce(0) { $0 + $1 / 2 } }
}

/// The causal part of attention matrices `[groups, new, columns]`: row `i` has `past + i + 1` entries.
public struct CausalTriangle: Sendable, Hashable {
    public let groups: Int
    public let past: Int
    public let new: Int
    /// Of the square; beyond `past + new` they have no entry.
    public let columns: Int

    /// - Parameter columns: by default as many as the longest row has.
    public init(groups: Int, past: Int, new: Int, columns: Int? = nil) {
        self.groups = groups
        self.past = past
        self.new = new
        self.columns = columns ?? (past + new)
    }

    public var segments: Segments { Segments(groups: groups, lengths: (0..<new).map { past + $0 + 1 }) }
    package var squareCount: Int { groups * new * columns }
}

/// A public linear map between flat tensors; parties apply it to their shares, and to opened differences and masks
/// alike, without communication.
public enum LinearMap: Sendable, Hashable {
    case slice(shape: [Int], axis: Int, range: Range<Int>)
    case permute(shape: [Int], order: [Int])
    /// Keeps the causal entries of `[groups, new, columns]`, row by row.
    case packTriangle(CausalTriangle)
    /// The inverse of `packTriangle`, with zeros elsewhere.
    case fillTriangle(CausalTriangle)
    /// One sum for each row.
    case segmentSum(Segments)
    /// One element for each row, repeated along it.
    case segmentBroadcast(Segments)
    /// First or second elements of the pairs of a tournament level.
    case pairElements(Segments, second: Bool)
    /// Results of the pairs laid out as the next level's rows, zero where a row had an odd one out.
    case placePairs(Segments)
    /// The odd ones out laid out as the next level's rows, zero elsewhere.
    case placeLeftovers(Segments)

    public var inputCount: Int {
        switch self {
        case .slice(let shape, _, _), .permute(let shape, _): shape.reduce(1, *)
        case .packTriangle(let triangle): triangle.squareCount
        case .fillTriangle(let triangle): triangle.segments.elementCount
        case .segmentSum(let segments), .pairElements(let segments, _), .placeLeftovers(let segments):
            segments.elementCount
        case .segmentBroadcast(let segments): segments.rowCount
        case .placePairs(let segments): segments.pairCount
        }
    }

    public var outputCount: Int {
        switch self {
        case .slice(let shape, let axis, let range):
            shape.enumerated().reduce(1) { $0 * ($1.offset == axis ? range.count : $1.element) }
        case .permute(let shape, _): shape.reduce(1, *)
        case .packTriangle(let triangle): triangle.segments.elementCount
        case .fillTriangle(let triangle): triangle.squareCount
        case .segmentSum(let segments): segments.rowCount
        case .segmentBroadcast(let segments): segments.elementCount
        case .pairElements(let segments, _): segments.pairCount
        case .placePairs(let segments), .placeLeftovers(let segments): segments.halved.elementCount
        }
    }

    /// Whether the map reads only inputs that are there: slices lie within their shape, orders are permutations, and
    /// nothing is negative. Only such maps may be applied.
    package var isWellFormed: Bool {
        switch self {
        case .slice(let shape, let axis, let range):
            return shape.allSatisfy { $0 >= 0 } && shape.indices.contains(axis) && range.lowerBound >= 0
                && range.upperBound <= shape[axis]
        case .permute(let shape, let order):
            return shape.allSatisfy { $0 >= 0 } && order.sorted() == Array(shape.indices)
        case .packTriangle(let triangle), .fillTriangle(let triangle):
            return triangle.groups >= 0 && triangle.past >= 0 && triangle.new >= 0
                && triangle.columns >= triangle.past + triangle.new
        case .segmentSum(let segments), .segmentBroadcast(let segments), .pairElements(let segments, _),
            .placePairs(let segments), .placeLeftovers(let segments):
            return segments.groups >= 0 && segments.lengths.allSatisfy { $0 >= 0 }
        }
    }

    /// How many inputs are added up in one output at most.
    package var terms: Int {
        if case .segmentSum(let segments) = self { segments.longest } else { 1 }
    }
}

/// What a linear map is made of: picking elements, or adding up runs.
package enum LoweredMap: Sendable, Hashable {
    /// Output `i` is input `indices[i]`, or zero where that is negative.
    case gather([Int32])
    /// Output `i` is the sum of inputs `offsets[i] ..< offsets[i + 1]`.
    case sums([Int])
}

extension LinearMap {
    /// - Complexity: O(output count)
    package func lowered() -> LoweredMap {
        switch self {
        case .slice(let shape, let axis, let range): .gather(Self.slice(shape, axis, range))
        case .permute(let shape, let order): .gather(Self.permute(shape, order))
        case .packTriangle(let triangle): .gather(Self.pack(triangle))
        case .fillTriangle(let triangle): .gather(Self.fill(triangle))
        case .segmentSum(let segments): .sums(Self.offsets(segments))
        case .segmentBroadcast(let segments): .gather(Self.broadcast(segments))
        case .pairElements(let segments, let second): .gather(Self.pairs(segments, second: second))
        case .placePairs(let segments): .gather(Self.place(segments, leftovers: false))
        case .placeLeftovers(let segments): .gather(Self.place(segments, leftovers: true))
        }
    }

    private static func slice(_ shape: [Int], _ axis: Int, _ range: Range<Int>) -> [Int32] {
        let outer = shape[..<axis].reduce(1, *)
        let inner = shape[(axis + 1)...].reduce(1, *)
        var indices: [Int32] = []
        indices.reserveCapacity(outer * range.count * inner)
        for o in 0..<outer {
            let start = (o * shape[axis] + range.lowerBound) * inner
            for i in start..<(start + range.count * inner) { indices.append(Int32(i)) }
        }
        return indices
    }

    private static func permute(_ shape: [Int], _ order: [Int]) -> [Int32] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in stride(from: shape.count - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        var indices: [Int32] = [0]
        for axis in order {
            var next: [Int32] = []
            next.reserveCapacity(indices.count * shape[axis])
            for base in indices {
                for i in 0..<shape[axis] { next.append(base + Int32(i * strides[axis])) }
            }
            indices = next
        }
        return indices
    }

    private static func pack(_ triangle: CausalTriangle) -> [Int32] {
        var indices: [Int32] = []
        indices.reserveCapacity(triangle.segments.elementCount)
        for row in 0..<(triangle.groups * triangle.new) {
            let length = triangle.past + row % triangle.new + 1
            for column in 0..<length { indices.append(Int32(row * triangle.columns + column)) }
        }
        return indices
    }

    private static func fill(_ triangle: CausalTriangle) -> [Int32] {
        var indices = [Int32](repeating: -1, count: triangle.squareCount)
        for (packed, square) in pack(triangle).enumerated() { indices[Int(square)] = Int32(packed) }
        return indices
    }

    private static func offsets(_ segments: Segments) -> [Int] {
        var offsets = [0]
        offsets.reserveCapacity(segments.rowCount + 1)
        for _ in 0..<segments.groups {
            for length in segments.lengths { offsets.append(offsets.last! + length) }
        }
        return offsets
    }

    private static func broadcast(_ segments: Segments) -> [Int32] {
        var indices: [Int32] = []
        indices.reserveCapacity(segments.elementCount)
        var row: Int32 = 0
        for _ in 0..<segments.groups {
            for length in segments.lengths {
                indices.append(contentsOf: repeatElement(row, count: length))
                row += 1
            }
        }
        return indices
    }

    private static func pairs(_ segments: Segments, second: Bool) -> [Int32] {
        var indices: [Int32] = []
        indices.reserveCapacity(segments.pairCount)
        var start = 0
        for _ in 0..<segments.groups {
            for length in segments.lengths {
                for pair in 0..<(length / 2) { indices.append(Int32(start + 2 * pair + (second ? 1 : 0))) }
                start += length
            }
        }
        return indices
    }

    private static func place(_ segments: Segments, leftovers: Bool) -> [Int32] {
        var indices: [Int32] = []
        indices.reserveCapacity(segments.halved.elementCount)
        var start = 0
        var pair = 0
        for _ in 0..<segments.groups {
            for length in segments.lengths {
                for _ in 0..<(length / 2) {
                    indices.append(leftovers ? -1 : Int32(pair))
                    pair += 1
                }
                if length % 2 == 1 { indices.append(leftovers ? Int32(start + length - 1) : -1) }
                start += length
            }
        }
        return indices
    }
}

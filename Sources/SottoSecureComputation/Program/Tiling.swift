import SottoAlgebra

/// How large operations are cut: into tiles that are parallel branches of the program, so that no message, correlation or
/// temporary is larger than a tile's, and how many bytes of tiles are under way at a time.
///
/// Tiles hold a multiple of 8 elements, so that what they send is as many bytes as in one piece.
public struct Tiling: Sendable, Hashable, CanonicallyEncodable {
    /// The most elements of a nonlinear operation's tile, a multiple of 8.
    public let elements: Int
    /// The most elements of the operands and the result of a linear operation's tile.
    public let linearElements: Int
    /// Tiles are admitted, in order, while the memory of those under way stays below; one is always.
    public let windowBytes: Int

    public static let standard = Tiling(elements: 1 << 14, linearElements: 1 << 21, windowBytes: 40 << 20)
    /// Everything in one piece.
    public static let none = Tiling(elements: .max, linearElements: .max, windowBytes: .max)

    /// - Precondition: sizes are positive, those of elements at least 8.
    public init(elements: Int, linearElements: Int, windowBytes: Int) {
        precondition(elements >= 8 && linearElements >= 8 && windowBytes > 0)
        self.elements = elements
        self.linearElements = linearElements
        self.windowBytes = windowBytes
    }

    /// Larger tiles in a window that is larger by as much.
    package func scaled(by factor: Int) -> Tiling {
        Tiling(
            elements: elements * factor, linearElements: linearElements * factor, windowBytes: windowBytes * factor)
    }

    /// What the tiles of one set may take together. Tiles that hold tiles have a window of their own for those, and count
    /// with it.
    func window(of tiles: [Node.Tile]) -> Int {
        let (nested, isTooLarge) = windowBytes.multipliedReportingOverflow(by: 3)
        return tiles.contains(where: \.holdsTiles) ? (isTooLarge ? .max : nested) : windowBytes
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append([elements, linearElements, windowBytes])
    }

    /// Ranges of `count` elements for a nonlinear operation; one where they fit a tile.
    func ranges(count: Int) -> [Range<Int>] { Self.ranges(count: count, size: elements) }

    /// Ranges of rows of so many elements each for a linear operation.
    func rowRanges(rows: Int, elementsOfRow: Int) -> [Range<Int>] {
        guard elementsOfRow > 0, rows > linearElements / elementsOfRow else { return [0..<rows] }
        return Self.ranges(count: rows, size: linearElements / elementsOfRow)
    }

    /// All of size `size`, rounded down to a multiple of 8 but 8 at least, except for the last.
    private static func ranges(count: Int, size: Int) -> [Range<Int>] {
        guard count > size else { return [0..<count] }
        let size = max(8, size / 8 * 8)
        return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }
}

extension ProgramBuilder {
    /// Runs `body` for every item as a branch of one set of tiles, or plainly where there is only one.
    func tiles<Item, Result>(_ items: [Item], _ body: (Item) throws -> Result) throws -> [Result] {
        guard items.count > 1 else { return [try body(items[0])] }
        return try branches(items, areTiles: true, body)
    }

    /// An operation that treats every element alike, tile by tile. The inputs have one element count.
    public func tiled(_ inputs: [Secret], _ body: ([Secret]) throws -> Secret) throws -> Secret {
        let count = inputs[0].count
        let ranges = tiling.ranges(count: count)
        guard ranges.count > 1 else { return try body(inputs) }
        let parts = try tiles(ranges) { range in try body(try inputs.map { try elements(range, of: $0) }) }
        return try joined(parts, shape: inputs[0].shape)
    }

    public func tiled(_ x: Secret, _ body: (Secret) throws -> Secret) throws -> Secret {
        try tiled([x]) { try body($0[0]) }
    }

    /// An operation of the suite that treats every element alike: tile by tile from its start to its end, unless the suite tiles
    /// its steps.
    public func tiledBySuite(_ inputs: [Secret], _ body: ([Secret]) throws -> Secret) throws -> Secret {
        try suite.tilesSteps ? body(inputs) : tiled(inputs, body)
    }

    public func tiledBySuite(_ x: Secret, _ body: (Secret) throws -> Secret) throws -> Secret {
        try tiledBySuite([x]) { try body($0[0]) }
    }

    /// An operation that treats every row of `[rows, ...]` alike, in tiles of whole rows.
    /// - Parameter elementsOfRow: the most elements of a row that the operation has.
    public func tiledRows(
        _ x: Secret, elementsOfRow: Int, _ body: (Secret) throws -> Secret
    ) throws -> Secret {
        let rows = x.shape[0]
        let ranges = tiling.rowRanges(rows: rows, elementsOfRow: elementsOfRow)
        guard ranges.count > 1 else { return try body(x) }
        let columns = x.count / rows
        let parts = try tiles(ranges) { range in
            let slice = try elements((range.lowerBound * columns)..<(range.upperBound * columns), of: x)
            return try body(slice.reshaped([range.count] + x.shape.dropFirst()))
        }
        return try joined(parts, shape: [rows] + parts[0].shape.dropFirst())
    }

    /// Runs `body` for tiles of rows, in order.
    /// - Parameter elementsOfRow: the most elements of a row that the operation has.
    package func rowTiles<Result>(
        rows: Int, elementsOfRow: Int, _ body: (Range<Int>) throws -> Result
    ) throws -> [Result] {
        try tiles(tiling.rowRanges(rows: rows, elementsOfRow: elementsOfRow), body)
    }

    /// Runs `body` for tiles that the caller has chosen; it answers for what they send.
    package func chosenTiles<Result>(_ ranges: [Range<Int>], _ body: (Range<Int>) throws -> Result) throws -> [Result] {
        try tiles(ranges, body)
    }

    /// Some rows of `[rows, ...]`.
    package func rows(_ range: Range<Int>, of x: Secret) throws -> Secret {
        guard range.count < x.shape[0] else { return x }
        let columns = x.count / x.shape[0]
        return try elements((range.lowerBound * columns)..<(range.upperBound * columns), of: x)
            .reshaped([range.count] + x.shape.dropFirst())
    }

    /// Some elements of a tensor, one after the other.
    func elements(_ range: Range<Int>, of x: Secret) throws -> Secret {
        guard range.count < x.count else { return x }
        return try map(x, .slice(shape: [x.count], axis: 0, range: range), shape: [range.count])
    }

    /// Tiles put together again. Their bounds are the same, or the loosest counts.
    func joined(_ parts: [Secret], shape: [Int]) throws -> Secret {
        guard parts.count > 1 else { return parts[0].reshaped(shape) }
        return concatenate(parts, shape: shape)
    }
}

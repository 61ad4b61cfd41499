/// From which sizes one kernel of matrix products is taken over another, of those that the processor has and that are exact.
///
/// Kernels give the same results bit for bit, so that crossovers change nothing but times, and two parties may have others.
public struct ProductCrossovers: Sendable, Hashable, Codable {
    public var ring: Ring
    public var field: Field

    public init(ring: Ring = Ring(), field: Field = Field()) {
        self.ring = ring
        self.field = field
    }

    /// Those of one machine, where nobody has measured another (docs/benchmarks.md).
    public static let standard = ProductCrossovers()

    /// Rows and depth that a product must both have.
    public struct Extent: Sendable, Hashable, Codable {
        public var rows: Crossover
        public var depth: Crossover

        public init(rows: Crossover, depth: Crossover) {
            self.rows = rows
            self.depth = depth
        }

        public func isReached(rows: Int, depth: Int) -> Bool {
            self.rows.isReached(by: rows) && self.depth.isReached(by: depth)
        }
    }

    /// Of products modulo powers of two.
    public struct Ring: Sendable, Hashable, Codable {
        /// Tiles (AMX) over products of words, in rings of more than 52 bits. Cutting the right operand into limbs takes as long
        /// as reading it twice, so that tiles lose with few rows.
        public var tilesOverWords: Extent
        /// Tiles over products of 52 bits, in smaller rings. Sums of limbs are put together once for every 1024 steps of depth,
        /// so that tiles lose with little depth as well.
        public var tilesOverShortWords: Extent
        /// Tiles over any other kernel, by rows, with a right operand that is cut into limbs already.
        public var tilesOfPrepared: Crossover
        /// Products of words over sums of bytes (VNNI), by rows, with such an operand: to put it back into words takes longer
        /// than to multiply it with few rows.
        public var wordsOfPrepared: Crossover
        /// Sums of bytes over products of words, by rows, on processors without products of 52 bits.
        public var bytesOverWords: Crossover

        public init(
            tilesOverWords: Extent = Extent(rows: 8, depth: 0),
            tilesOverShortWords: Extent = Extent(rows: 32, depth: 256), tilesOfPrepared: Crossover = 0,
            wordsOfPrepared: Crossover = 5, bytesOverWords: Crossover = 5
        ) {
            self.tilesOverWords = tilesOverWords
            self.tilesOverShortWords = tilesOverShortWords
            self.tilesOfPrepared = tilesOfPrepared
            self.wordsOfPrepared = wordsOfPrepared
            self.bytesOverWords = bytesOverWords
        }

        private enum CodingKeys: String, CodingKey {
            case tilesOverWords = "tiles_over_words"
            case tilesOverShortWords = "tiles_over_short_words"
            case tilesOfPrepared = "tiles_of_prepared"
            case wordsOfPrepared = "words_of_prepared"
            case bytesOverWords = "bytes_over_words"
        }
    }

    /// Of products modulo a prime just below a power of two.
    ///
    /// Sums of limbs of 52 bits are put together in the time of a dozen products of elements, of bytes in that of a hundred, so
    /// that those win with little depth.
    public struct Field: Sendable, Hashable, Codable {
        /// Limbs of 52 bits over products of elements, by depth.
        public var limbsOverElements: Crossover
        /// Sums of bytes (VNNI) over products of elements, by depth, on processors without limbs of 52 bits.
        public var bytesOverElements: Crossover
        /// Tiles (AMX) over any other kernel, by depth and by rows times depth.
        public var tilesDepth: Crossover
        public var tilesTerms: Crossover

        public init(
            limbsOverElements: Crossover = 16, bytesOverElements: Crossover = 64, tilesDepth: Crossover = 256,
            tilesTerms: Crossover = 768
        ) {
            self.limbsOverElements = limbsOverElements
            self.bytesOverElements = bytesOverElements
            self.tilesDepth = tilesDepth
            self.tilesTerms = tilesTerms
        }

        private enum CodingKeys: String, CodingKey {
            case limbsOverElements = "limbs_over_elements"
            case bytesOverElements = "bytes_over_elements"
            case tilesDepth = "tiles_depth"
            case tilesTerms = "tiles_terms"
        }
    }
}

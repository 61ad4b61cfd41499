/// A product `R·W` modulo `2^width` of the client's matrix R, `rows x inner`, with the server's matrix W,
/// `inner x columns`, as both parties declare it. All matrices are row-major, in words.
public struct MatrixProduct: Hashable, Sendable {
    public let rows: Int
    public let inner: Int
    public let columns: Int
    /// The bits of the ring that the shares are in, 1 to 64. R is read modulo `2^width`.
    public let width: Int
    /// The entries of W are integers from `-2^magnitudeBits` to `2^magnitudeBits`: words in two's complement. Any matrix
    /// modulo `2^width` is one with entries of `width - 1` bits, its centred residues.
    public let magnitudeBits: Int

    /// - Throws: `LatticeError.invalidProduct` unless sizes are 1 to 2^24, the product of any two of them below 2^40, the
    ///   width 1 to 64 and the magnitude 0 to 63 bits.
    public init(
        rows: Int, inner: Int, columns: Int, width: Int, magnitudeBits: Int
    ) throws(LatticeError) {
        guard [rows, inner, columns].allSatisfy({ (1...1 << 24).contains($0) }) else {
            throw .invalidProduct("sizes are 1 to 2^24")
        }
        let largest = max(rows * inner, inner * columns, rows * columns)
        guard largest < 1 << 40 else { throw .invalidProduct("a matrix has fewer than 2^40 entries") }
        guard (1...64).contains(width) else { throw .invalidProduct("a ring has 1 to 64 bits") }
        guard (0...63).contains(magnitudeBits) else { throw .invalidProduct("an entry has 0 to 63 bits and a sign") }
        self.rows = rows
        self.inner = inner
        self.columns = columns
        self.width = width
        self.magnitudeBits = magnitudeBits
    }

    /// A matrix of words modulo `2^width`, such as a share, as integers that a product with `magnitudeBits == width - 1`
    /// takes: its centred residues in two's complement.
    public func centred(_ words: [UInt64]) -> [UInt64] {
        let shift = Int64(64 - width)
        return words.map { UInt64(bitPattern: (Int64(bitPattern: $0) << shift) >> shift) }
    }
}

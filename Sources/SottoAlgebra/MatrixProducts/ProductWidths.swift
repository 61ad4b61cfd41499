/// What kernels may rely on of a product modulo a power of two: its ring, and a declared bound of the right operand. Both are
/// public, and nothing is ever chosen by values.
public struct ProductWidths: Sendable, Hashable {
    /// The product is wanted modulo `2^ring`, 1 to 64 bits; so much of the operands counts. In a field it says nothing.
    public let ring: Int
    /// Entries of the right operand are integers of magnitude at most `2^rightMagnitudeBits` in two's complement; nil where
    /// they are any of the ring.
    public let rightMagnitudeBits: Int?

    public init(ring: Int = 64, rightMagnitudeBits: Int? = nil) {
        precondition(ring >= 1 && (rightMagnitudeBits ?? 0) >= 0, "a ring has bits")
        self.ring = ring
        self.rightMagnitudeBits = rightMagnitudeBits
    }

    /// Any words, modulo 2^64.
    public static let words = ProductWidths()

    /// Bytes of the left operand, and digits of any right one.
    var leftLimbs: Int { (ring + 7) / 8 }

    /// Signed digits of the right operand: `n` of them, of -128 to 127, reach beyond `2^(8n - 2)` on either side.
    package var rightLimbs: Int { min(leftLimbs, rightMagnitudeBits.map { ($0 + 9) / 8 } ?? leftLimbs) }

    /// Whether fewer digits are made than the ring has, so that entries must be as declared.
    var reliesOnMagnitude: Bool { rightLimbs < leftLimbs }

    /// Products of a byte with a digit that a product of two entries takes: those that the ring does not drop.
    var limbProducts: Int { (0..<rightLimbs).reduce(0) { $0 + leftLimbs - $1 } }
}

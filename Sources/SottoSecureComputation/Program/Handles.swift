import SottoPreprocessing

/// An additively shared tensor of a program: a fixed-point value with public shape, scale, bound and ring width.
public struct Secret: Sendable, Hashable {
    let slot: Int
    public let shape: [Int]
    /// Fraction bits.
    public let scale: Int
    /// Largest magnitude of the raw integers, promised by the program, never derived from data.
    public let magnitude: Double
    /// Bits of the ring that the shares live in.
    public let width: Int

    public var count: Int { shape.reduce(1, *) }

    /// The same elements under another shape.
    /// - Precondition: the counts are equal.
    public func reshaped(_ shape: [Int]) -> Secret {
        precondition(shape.reduce(1, *) == count)
        return Secret(slot: slot, shape: shape, scale: scale, magnitude: magnitude, width: width)
    }

    /// The same shares read in a narrower ring; local and free. Elements of a field stay as they are.
    public func narrowed(to width: Int) -> Secret {
        let isOfRing = self.width <= DomainProfile.widestRing
        return Secret(
            slot: slot, shape: shape, scale: scale, magnitude: magnitude,
            width: isOfRing ? min(width, self.width) : self.width)
    }

    /// The same value under a smaller promised bound, in real units. A value beyond it gives wrong results that nobody
    /// can see under shares; the plaintext interpreter reports it.
    public func promised(below bound: Double) -> Secret {
        Secret(
            slot: slot, shape: shape, scale: scale, magnitude: min(magnitude, scaled(bound, by: scale)), width: width)
    }
}

/// XOR-shared bits: `planes` vectors of `count` bits, in one piece or in tiles.
public struct SecretBits: Sendable, Hashable {
    /// A slot with all planes of some elements.
    struct Part: Sendable, Hashable {
        let slot: Int
        let range: Range<Int>
    }

    /// One after the other.
    let parts: [Part]
    public let planes: Int
    public let count: Int
}

/// Bits that the client knows, and the server nothing of.
public struct ClientBits: Sendable, Hashable {
    let slot: Int
    public let count: Int
}

/// A secret whose difference to a one-time mask is open; it may enter several products.
public struct MaskedSecret: Sendable {
    let slot: Int
    let view: MaskView<RingMask>
    public let shape: [Int]
    public let scale: Int
    public let magnitude: Double
    public let width: Int

    public var count: Int { shape.reduce(1, *) }

    public func reshaped(_ shape: [Int]) -> MaskedSecret {
        precondition(shape.reduce(1, *) == count)
        return MaskedSecret(slot: slot, view: view, shape: shape, scale: scale, magnitude: magnitude, width: width)
    }
}

/// A secret of which the server holds the sum of its share and the client's masked share, and the client the mask; in one
/// piece or in tiles of whole rows, each under a mask of its own.
public struct ClientMaskedSecret: Sendable {
    struct Part: Sendable {
        let slot: Int
        let view: MaskView<ClientMask>
        /// Elements.
        let range: Range<Int>
    }

    let parts: [Part]
    public let shape: [Int]
    public let scale: Int
    public let width: Int

    public var count: Int { shape.reduce(1, *) }
}

import SottoAlgebra

/// What values are shared over, as far as programs depend on it: how wide elements are, whether shares can be read in
/// narrower rings, and how many bits values leave free.
public struct DomainProfile: Sendable, Hashable, CustomStringConvertible {
    /// The ring's widest width, or the bit length of the prime: every element then has that width.
    public let maximumWidth: Int
    /// The prime of a field; nil for the ring.
    public let prime: PrimeModulus?

    public static let ring64 = DomainProfile(maximumWidth: 64, prime: nil)

    public static func field(_ prime: PrimeModulus) -> DomainProfile {
        DomainProfile(maximumWidth: prime.bits, prime: prime)
    }

    /// Name used in reports, handshakes and programs.
    public var name: String { prime == nil ? "ring64" : "field" }

    /// The name, and the prime of a field in decimal: what both parties and the dealer must agree on.
    public var description: String { prime.map { "field modulo \($0)" } ?? "ring64" }

    /// What the shares of a program of this profile are computed in. Its type decides all further work: open it once.
    /// - Parameter crossovers: of its matrix products, whose results are the same with any.
    public func domain(crossovers: ProductCrossovers = .standard) -> any ShareDomain {
        prime.map { PrimeField($0, crossovers: crossovers) } ?? Ring64(crossovers: crossovers)
    }

    /// Whether shares of `k` bits can be read modulo `2^k'` for every smaller `k'`.
    public var hasNarrowRings: Bool { prime == nil }

    // MARK: Bits

    /// Magnitudes of `2^m` and below need `m + signBits` bits: modulo `2^k` the sign's, modulo a prime of `k` bits, which
    /// may be little above `2^(k-1)`, one more.
    var signBits: Int { hasNarrowRings ? 1 : 2 }
    /// Bits that a value leaves free so that its division by a power of two is right.
    var conversionBits: Int { signBits + 1 }
    /// Magnitudes in a program stay below `2^magnitudeBits` so that they are 64-bit integers in plaintext.
    static let magnitudeBits = 63

    /// The width in which something asked for in `width` bits lives.
    func resolved(_ width: Int) -> Int { hasNarrowRings ? width : maximumWidth }

    /// Units by which a truncation may err.
    func truncationError(shift: Int) -> Int { prime?.truncationError(byPowerOfTwo: shift) ?? 1 }

    /// Bytes of an element in memory.
    var elementBytes: Int { 8 * ((maximumWidth + 63) / 64) }

    /// Rings are at most this wide, and primes longer, so that a width tells them apart.
    static let widestRing = 64
}

extension ProgramBuilder {
    /// - Throws: ``ProgramError/headroom(path:needed:available:)`` naming the operation, unless values of that magnitude
    ///   (raw) fit `width` bits with `free` bits to spare.
    func checkHeadroom(_ magnitude: Double, width: Int, free: Int? = nil, _ label: String) throws {
        let free = free ?? profile.signBits
        let needed = Self.bits(magnitude) + free
        let available = min(width, DomainProfile.magnitudeBits + free)
        guard needed <= available else {
            throw ProgramError.headroom(path: path(label), needed: needed, available: available)
        }
    }

    /// Refuses results of linear operations that a field cannot hold. In a ring they may pass through values that wrap,
    /// which is exact modulo `2^k`; what the values are used for checks them there.
    func checkLinear(_ magnitude: Double, width: Int, _ label: String) throws {
        guard !profile.hasNarrowRings else { return }
        try checkHeadroom(magnitude, width: width, label)
    }
}

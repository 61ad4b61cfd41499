import SottoAlgebra

extension ProgramBuilder {
    /// `x` divided by `2^shift` in a ring of `width` bits. The scale goes down by `shift`.
    /// - Returns: within one unit of the quotient, in a field two, see ``DomainProfile``.
    /// - Communication: that of the suite's truncation; nothing in a ring where `width` is at most that of `x` less `shift`.
    public func truncate(_ x: Secret, by shift: Int, toWidth width: Int) throws -> Secret {
        let label = shift == 0 ? "extend" : "truncate"
        let width = try checkWidth(width, label)
        let isLocal = profile.hasNarrowRings && width <= x.width - shift
        guard shift >= 0, width > 0 else {
            throw ProgramError.unsupported(path: path(label), reason: "a shift by \(shift) into \(width) bits")
        }
        if shift == 0 && !profile.hasNarrowRings { return x }
        let free = isLocal ? profile.signBits : profile.conversionBits
        try checkHeadroom(x.magnitude, width: x.width, free: free, label)
        guard shift <= x.width - profile.conversionBits else {
            throw ProgramError.headroom(path: path(label), needed: shift + profile.conversionBits, available: x.width)
        }
        if shift == 0 && isLocal { return x.narrowed(to: width) }
        guard !isLocal else { return try suite.truncate(x, by: shift, toWidth: width, in: self) }
        return try tiled(x) { try suite.truncate($0, by: shift, toWidth: width, in: self) }
    }

    /// `x` at a smaller scale, in a ring at least as wide as needed: local where the narrower ring holds it.
    public func rescale(_ x: Secret, to scale: Int, minimumWidth: Int = 0) throws -> Secret {
        let shift = x.scale - scale
        let needed = max(minimumWidth, width(holding: scaled(x.magnitude, by: -shift) + 1))
        let local = x.width - shift
        return try truncate(x, by: shift, toWidth: needed <= local ? local : needed)
    }

    /// `x` in a ring of exactly `width` bits.
    public func resized(_ x: Secret, toWidth width: Int) throws -> Secret {
        guard profile.hasNarrowRings else { return x }
        return width <= x.width ? x.narrowed(to: width) : try truncate(x, by: 0, toWidth: width)
    }
}

import SottoAlgebra

/// What the oblivious-transfer suite asks of a share domain beyond its arithmetic: shares as private bits, and back.
package protocol OTShareConversions<Elements>: Sendable {
    associatedtype Elements: Sendable

    /// One party's private operand for the sign of a shared value: the bits, lowest first, that a millionaires' tree adds
    /// up to a carry, and a bit. The value is negative exactly where the XOR of both bits and of the carry is set.
    func comparisonOperand(_ share: Elements, party: Party, width: Int) -> (digits: [BitVector], sign: BitVector)
    /// For each share whether it lies in the upper half: shares of a value in the lower half wrap exactly where one does.
    func topBits(_ share: Elements, width: Int) -> BitVector
    /// One party's part of a division by `2^shift`: the server rounds down, the client up, so that the sum of both
    /// parts is within one unit of the quotient.
    func shiftShare(_ share: Elements, party: Party, by shift: Int, width: Int) -> Elements
    /// Takes the quotient of the wraps that the sum of both shares made.
    func subtractWraps(_ wraps: Elements, from quotient: Elements, shift: Int, width: Int) -> Elements
    /// One party's share of the product of both parties' private bits, from a correlated OT on random bits.
    /// `own` is the party's bit, `difference0` and `difference1` the server's and the client's opened `bit ^ mask`.
    func privateBitProduct(
        party: Party, own: BitVector, ownMask: BitVector, difference0: BitVector, difference1: BitVector,
        maskProduct: Elements
    ) -> Elements
    /// One party's share of `P_0(v) + sum_i b_i·(P_i - P_(i-1))(v)` for `v = opened + a`, `b_i = openedBits_i ^ r_i`.
    /// `maskShare` and `powerShares` are its shares of `a` and of the products of ``SelectionCorrelation``.
    func evaluateSelection(
        _ table: SelectionTable, party: Party, openedBits: [BitVector], opened: Elements?, maskShare: Elements?,
        powerShares: Elements, count: Int
    ) -> Elements
}

extension PartyState {
    /// The domain as the suite needs it.
    /// - Throws: ``InterpreterError/foreignDomain(domain:need:)`` for a domain that does not convert shares.
    func shareConversions() throws -> any OTShareConversions<Domain.Elements> {
        try capability((any OTShareConversions<Domain.Elements>).self, named: "conversions of shares to bits")
    }
}

extension DomainProfile {
    /// Bits of the private operands of a comparison of `width`-bit values.
    func comparisonBits(width: Int) -> Int { hasNarrowRings ? width - 1 : width }

    /// What has to be added to a value of a magnitude below it, `2^exponent`, before it is divided.
    func truncationOffset(width: Int) -> Int { width - conversionBits }

    /// Width in which the number of wraps of a division matters.
    func wrapWidth(shift: Int, fromWidth: Int, toWidth: Int) -> Int {
        hasNarrowRings ? toWidth - (fromWidth - shift) : toWidth
    }
}

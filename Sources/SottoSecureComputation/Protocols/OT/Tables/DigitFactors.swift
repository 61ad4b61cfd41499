import SottoAlgebra

/// Of a digit whose public part is `moves`, from its mask's indicators.
struct DigitFactors {
    let moves: UInt64
    let zero: UInt64
    let ones: UInt64
    let carry: UInt64

    @inline(__always)
    init(_ digit: MaskDigit, _ row: UInt64, _ moves: UInt64) {
        let mask = Ring64.mask(digit.bits)
        self.moves = moves
        zero = row >> ((0 &- moves) & mask) & 1
        ones = row >> ((mask &- moves) & mask) & 1
        // From `2^bits - moves` on the sum carries over; all of the row is in the first mask where nothing moves.
        carry = UInt64((row & ~Ring64.mask(1 << digit.bits - Int(moves))).nonzeroBitCount & 1)
    }
}

/// Of the highest digit, with what the middle one carries over.
struct TopFactors {
    let zero: UInt64
    let zeroAfterCarry: UInt64
    let ones: UInt64
    let sign: UInt64

    @inline(__always)
    init(_ digit: MaskDigit, _ row: UInt64, _ moves: UInt64, middleMoves: UInt64) {
        let (mask, half) = (Ring64.mask(digit.bits), UInt64(1) << UInt64(digit.bits - 1))
        // Zero after a move other than by nothing carries over.
        let carry: UInt64 = middleMoves == 0 ? 0 : 1
        zero = row >> ((0 &- moves &- carry) & mask) & 1
        zeroAfterCarry = row >> ((mask &- moves) & mask) & 1
        // The bits below the highest are all ones in two places.
        let place = (half &- 1 &- moves) & (half &- 1)
        ones = (row >> place ^ row >> (place + half)) & 1
        // The upper half of the row, once it is moved.
        let size = 1 << digit.bits
        let last = Ring64.mask(size) ^ Ring64.mask(size / 2)
        let upper = (last >> moves | last << (UInt64(size) - moves)) & Ring64.mask(size)
        sign = UInt64((row & upper).nonzeroBitCount & 1)
    }
}

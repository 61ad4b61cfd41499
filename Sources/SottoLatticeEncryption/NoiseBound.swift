/// What is proved of the noise in a response, in units of the ciphertext modulus `q`. All numbers are bounds from above.
///
/// Let `e` and `r` be the client's error and rounding error in a row of R, `|e| <= 21` and `|r| <= 1/2`, and `W` a column of
/// at most `inner` entries of magnitude at most `B`. The noise of an entry of the response is
/// `v = <W, e + r> + (key switches) + (rerandomisation)` and, on top, a flood uniform in `[-2^f, 2^f)`.
///
/// - Product: `|<W, e + r>| <= inner·B·21.5`. Its mean magnitude over the client's honest coins is at most
///   `B·(inner/2 + sqrt(10.5·inner))`, because an error has the variance 10.5 and errors are independent.
/// - Key switches: each adds at most `S = D·N·K·2^(K·b)·21/P + K·(1 + N)` with D digits of K primes of `q` each, below
///   `K·2^(K·b)`, and the product P of K special primes; the last term is that of rounding, down by less than K: of the mask
///   after each switch, of the body once after all of them. `l` levels of packing double what was there and add S each:
///   `(2^l - 1)·S`.
/// - Rerandomisation by `u·pk + (e1, e2)`: `u·e_pk + e1 + e2·s` has at most the magnitude `21·(2·N + 1)`.
package struct NoiseBound {
    /// Bound of the magnitude of `v`.
    package let worst: UInt128
    /// Bound of the mean magnitude of `v`, over the client's errors.
    package let mean: UInt128

    /// The largest magnitude of an error.
    package static let error = 21

    package init(_ product: MatrixProduct, packingLevels: Int, degree: Int, primeBits: Int, primeCount: Int) {
        let ring = RingShape(
            degree: degree, primeBits: primeBits, primeCount: primeCount, packingLevels: packingLevels, keyStride: 1)
        self.init(
            inner: product.inner, magnitudeBits: product.magnitudeBits, degree: degree,
            other: Self.packing(0..<packingLevels, ring))
    }

    /// Of the product of rows with a number each, in terms of ``RowLayout``.
    ///
    /// A request is divided by `2^levels·m`. Taken apart by the levels, it leaves in a group's ciphertext C what the request has
    /// at multiples of `2^levels`, over m, and key switches: `2·v + r·S` in the place of v from each level with r of them, at any
    /// coefficient. Of the former the m automorphisms of a response leave, exactly, what a ciphertext for each number would have:
    /// a response's coefficient is the sum of at most `inner = min(N, count)` elements, each times an error and a rounding error
    /// of its own. Of the latter each of the m leaves all, times polynomials whose coefficients have, over all groups,
    /// magnitudes of `inner·2^(width - 1)` together. To these come the response's own key switches.
    package init(_ product: RowProduct, _ ring: RingShape, _ layout: RowLayout) {
        let ofGroups = (0..<layout.levels).reduce(UInt128(0)) {
            2 * $0 + UInt128(ring.repeats($1)) * Self.keySwitch(ring)
        }
        let inner = min(ring.degree, product.rows.elementCount)
        let multiplied = UInt128(inner) * ofGroups << UInt128(product.width - 1 + layout.groupLevels)
        self.init(
            inner: inner, magnitudeBits: product.width - 1, degree: ring.degree,
            other: multiplied + UInt128(layout.responseSwitches(ring)) * Self.keySwitch(ring))
    }

    /// Of dot products of rows: one of a matrix product's, with packing by the layout's levels.
    package init(_ dots: RowDots, _ ring: RingShape) {
        let layout = EncryptedRowDots.layout(dots, ring)
        let first = layout.logBlockInner - layout.packingLevels
        self.init(
            inner: dots.columns, magnitudeBits: dots.width - 1, degree: ring.degree,
            other: Self.packing(first..<layout.logBlockInner, ring))
    }

    /// What one key switch adds at most.
    private static func keySwitch(_ ring: RingShape) -> UInt128 {
        let (n, size) = (UInt128(ring.degree), UInt128(ring.digitPrimes))
        let digits = UInt128(ring.digitCount) * n * size * UInt128(error)
        // P >= 2^(50·K)·(1 - 1/128)^K, and (128/127)^K <= 1 + K/64 for K up to 60.
        let enlarged = digits + digits * size / 64 + 1
        return enlarged >> (size * UInt128(LatticeParameters.specialBits - ring.primeBits)) + 1 + size * (1 + n)
    }

    /// Key switches of packing by these levels, the highest first: each doubles what is there.
    private static func packing(_ levels: Range<Int>, _ ring: RingShape) -> UInt128 {
        levels.reversed().reduce(0) { 2 * $0 + UInt128(ring.repeats($1)) * keySwitch(ring) }
    }

    /// Of a product of elements: a polynomial of `degree` coefficients of magnitude below `2^(plaintextBits - 1)` takes the
    /// place of W, and nothing is packed.
    package init(elementsOf degree: Int, plaintextBits: Int) {
        self.init(inner: degree, magnitudeBits: plaintextBits - 1, degree: degree, other: 0)
    }

    private init(inner: Int, magnitudeBits: Int, degree: Int, other: UInt128) {
        let (inner, magnitude) = (UInt128(inner), UInt128(1) << UInt128(magnitudeBits))
        let rerandomisation = UInt128(Self.error) * (2 * UInt128(degree) + 1)
        worst = magnitude * inner * 43 / 2 + 1 + other + rerandomisation
        // sqrt(10.5 x) = sqrt(42 x) / 2.
        mean = magnitude * (inner + Self.rootAbove(42 * UInt64(inner))) / 2 + 1 + other + rerandomisation
    }

    /// The smallest integer whose square is at least x.
    private static func rootAbove(_ x: UInt64) -> UInt128 {
        var root = UInt64(Double(x).squareRoot())
        while root * root < x { root += 1 }
        return UInt128(root)
    }

    // MARK: The flood

    /// Statistical security, in bits, of all entries of one response together.
    package static let statisticalSecurity = 40

    /// The largest flood that decryption allows: `q >= 2^bits·(1 - 1/128)^L` and the flood's bound `2^f` is an eighth of
    /// `2^bits` over `2^width`.
    ///
    /// In units of the plaintext's last place the flood is then at most `1/8·(128/127)^8 < 0.1332`, the noise below a
    /// thirty-second of that, and both with the rounding of ``ResponseWidths`` below `0.1374 + 1/4 + 3/32 < 1/2`: the client
    /// decrypts to the right number, always.
    package static func floodBits(width: Int, modulusBits: Int) -> Int { modulusBits - width - 3 }

    /// Whether the flood of `2^f` hides the noise and leaves it room.
    ///
    /// A shift by v moves the uniform distribution on `[-2^f, 2^f)` by the statistical distance `|v|/2^(f + 1)`. Entries are
    /// flooded independently, and distances add up, so that all entries are within `rows·columns·mean/2^(f + 1)` of what
    /// does not depend on W beyond the result; that has to be at most 2^-40.
    package func isHidden(by floodBits: Int, entries: Int) -> Bool {
        guard floodBits >= 5 else { return false }
        let hidden = Self.isAtMostPower(mean, times: entries, exponent: floodBits + 1 - Self.statisticalSecurity)
        return hidden && Self.isAtMostPower(worst, times: 1, exponent: floodBits - 5)
    }

    /// `x·factor <= 2^exponent`.
    private static func isAtMostPower(_ x: UInt128, times factor: Int, exponent: Int) -> Bool {
        guard exponent >= 0 else { return false }
        let (high, low) = x.multipliedFullWidth(by: UInt128(factor))
        if exponent >= 128 { return high == 0 || (exponent < 255 && high >> UInt128(exponent - 128) == 0) }
        return high == 0 && low <= 1 << UInt128(exponent)
    }
}

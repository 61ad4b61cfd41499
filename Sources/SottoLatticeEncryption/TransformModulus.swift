import CSottoLatticeKernels

/// A prime `p = 1` modulo `2·degree` below 2^50 with what transforms modulo it need: arithmetic in `Z_p[X]/(X^degree + 1)`.
///
/// A polynomial is `degree` words below p, either its coefficients or its values at the odd powers of a root of unity in
/// bit-reversed order. Sendable although it holds pointers: what they point to is written once, before it is shared.
package final class TransformModulus: @unchecked Sendable {
    package let p: UInt64
    package let degree: Int
    private let path: sotto_lattice_path
    private let tables: UnsafeMutablePointer<UInt64>
    private let modulus: UnsafeMutablePointer<sotto_lattice_modulus>
    /// `floor(2^64 / p)`.
    private let reciprocal: UInt64

    package init(p: UInt64, degree: Int, kernel: LatticeKernel) {
        precondition(kernel.isAvailable, "this processor lacks the kernel's instructions")
        precondition(degree >= 32 && degree & (degree - 1) == 0 && p % UInt64(2 * degree) == 1 && p < 1 << 50)
        self.p = p
        self.degree = degree
        path = kernel.path
        reciprocal = p.dividingFullWidth((1, 0)).quotient
        tables = UnsafeMutableRawPointer.allocate(byteCount: 32 * degree, alignment: 64)
            .bindMemory(to: UInt64.self, capacity: 4 * degree)
        modulus = .allocate(capacity: 1)
        let root = Self.primitiveRoot(p: p, degree: degree)
        Self.fill(tables, with: root, p: p, degree: degree)
        Self.fill(tables + 2 * degree, with: PublicNumbers.inverse(root, modulo: p), p: p, degree: degree)
        modulus.initialize(
            to: sotto_lattice_modulus(
                p: p, n: degree, one: Self.factor(1, p), radix: Self.factor((1 << 52) % p, p),
                inverse_n: Self.factor(PublicNumbers.inverse(UInt64(degree), modulo: p), p), roots: tables,
                root_quotients: tables + degree, inverse_roots: tables + 2 * degree,
                inverse_root_quotients: tables + 3 * degree))
    }

    deinit {
        tables.deallocate()
        modulus.deallocate()
    }

    private static func factor(_ value: UInt64, _ p: UInt64) -> sotto_lattice_factor {
        sotto_lattice_factor(value: value, quotient: p.dividingFullWidth((value >> 12, value << 52)).quotient)
    }

    /// A primitive 2·degree-th root of unity: any non-residue to the power `(p - 1)/(2·degree)`.
    private static func primitiveRoot(p: UInt64, degree: Int) -> UInt64 {
        var base: UInt64 = 2
        while PublicNumbers.power(base, (p - 1) / 2, modulo: p) != p - 1 { base += 1 }
        return PublicNumbers.power(base, (p - 1) / UInt64(2 * degree), modulo: p)
    }

    /// The powers of a root at bit-reversed places, and behind them their quotients.
    private static func fill(_ table: UnsafeMutablePointer<UInt64>, with root: UInt64, p: UInt64, degree: Int) {
        var power: UInt64 = 1
        for exponent in 0..<degree {
            let place = reversed(exponent, below: degree)
            let entry = factor(power, p)
            table[place] = entry.value
            table[degree + place] = entry.quotient
            power = PublicNumbers.product(power, root, modulo: p)
        }
    }

    /// The bits of an index below a power of two in reverse order.
    package static func reversed(_ index: Int, below count: Int) -> Int {
        var (result, rest) = (0, index)
        for _ in 0..<count.trailingZeroBitCount {
            result = result << 1 | rest & 1
            rest >>= 1
        }
        return result
    }

    // MARK: Polynomials

    /// Values of a polynomial with coefficients below 4p.
    package func forward(_ x: UnsafeMutablePointer<UInt64>) { forward(x, into: x) }

    package func forward(_ x: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>) {
        sotto_lattice_forward(path, modulus, x, out)
    }

    package func inverse(_ x: UnsafeMutablePointer<UInt64>) { sotto_lattice_inverse(path, modulus, x) }

    /// `out = sum of x_t·y_t`, word by word, for operands that lie strides apart.
    package func dot(
        terms: Int, _ x: UnsafePointer<UInt64>, stride xStride: Int, _ y: UnsafePointer<UInt64>, stride yStride: Int,
        into out: UnsafeMutablePointer<UInt64>
    ) {
        sotto_lattice_dot(path, modulus, terms, x, xStride, y, yStride, out)
    }

    /// `out.y = out.y + sum of x_t·y_t` and `out.z = sum of x_t·z_t`, word by word, for operands that lie strides apart.
    package func dots(
        terms: Int, _ x: UnsafePointer<UInt64>, stride xStride: Int, _ y: UnsafePointer<UInt64>,
        _ z: UnsafePointer<UInt64>, stride: Int,
        into out: (y: UnsafeMutablePointer<UInt64>, z: UnsafeMutablePointer<UInt64>)
    ) {
        sotto_lattice_dots(path, modulus, terms, x, xStride, y, z, stride, out.y, out.z)
    }

    package func multiply(
        _ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>
    ) {
        dot(terms: 1, x, stride: 0, y, stride: 0, into: out)
    }

    package func add(_ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>) {
        sotto_lattice_add(path, modulus, x, y, out)
    }

    package func subtract(
        _ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>
    ) {
        sotto_lattice_subtract(path, modulus, x, y, out)
    }

    /// `a + factor·b` and `a - factor·b` in the places of a and b.
    package func addAndSubtract(
        _ a: UnsafeMutablePointer<UInt64>, _ b: UnsafeMutablePointer<UInt64>, times factor: UnsafePointer<UInt64>
    ) {
        sotto_lattice_add_and_subtract(path, modulus, factor, a, b)
    }

    /// `a + b` and `(a - b)·factor` in the places of a and b.
    package func sumAndDifference(
        _ a: UnsafeMutablePointer<UInt64>, _ b: UnsafeMutablePointer<UInt64>, times factor: UnsafePointer<UInt64>
    ) {
        sotto_lattice_sum_and_difference(path, modulus, factor, a, b)
    }

    /// `out[i] = x[sources[i]]`, for public sources.
    package func permute(
        _ x: UnsafePointer<UInt64>, _ sources: [Int32], into out: UnsafeMutablePointer<UInt64>
    ) {
        sotto_lattice_permute(path, modulus, sources, x, out)
    }

    /// The same, added to out.
    package func addPermuted(
        _ x: UnsafePointer<UInt64>, _ sources: [Int32], to out: UnsafeMutablePointer<UInt64>
    ) {
        sotto_lattice_add_permuted(path, modulus, sources, x, out)
    }

    /// `out = x·factor` for a public factor below p and any words below 2^52.
    package func scale(_ x: UnsafePointer<UInt64>, by factor: UInt64, into out: UnsafeMutablePointer<UInt64>) {
        sotto_lattice_scale(path, modulus, Self.factor(factor, p), x, out)
    }

    /// `out = sum of x_t·factors[t]`, word by word, for words below 2^50 that lie strides apart and public factors below p.
    package func combine(
        _ factors: [UInt64], _ x: UnsafePointer<UInt64>, stride: Int, into out: UnsafeMutablePointer<UInt64>
    ) {
        factors.withUnsafeBufferPointer {
            sotto_lattice_combine(path, modulus, $0.count, x, stride, $0.baseAddress!, out)
        }
    }

    /// `out = out + (x - y)·factor` for a public factor below p.
    package func add(
        _ x: UnsafePointer<UInt64>, less y: UnsafePointer<UInt64>, times factor: UInt64,
        to out: UnsafeMutablePointer<UInt64>
    ) {
        sotto_lattice_add_difference(path, modulus, Self.factor(factor, p), x, y, out)
    }

    // MARK: Columns

    /// How many polynomials ``columns(terms:blocks:_:_:_:into:)`` multiplies at a time.
    package static let columnCount = SOTTO_LATTICE_COLUMNS

    /// Words between what ``columns(terms:blocks:_:_:_:into:)`` takes of two blocks.
    package static func columnsStride(terms: Int) -> Int { sotto_lattice_columns_stride(terms) }

    /// Sums over blocks of the products of x and of y with the polynomials of eight columns.
    ///
    /// - Parameters:
    ///   - coefficients: `blocks x terms x 8` residues; the terms are a power of two from 8 to the degree.
    ///   - values: of x and y, for every run of as many values as there are terms, and in it for every block: those of x, those
    ///     of y, and then something up to the stride.
    ///   - scratch: as many words as there are coefficients.
    ///   - outputs: of each column where its sums with x and with y go.
    package func columns(
        terms: Int, blocks: Int, _ coefficients: UnsafePointer<UInt64>, _ values: UnsafePointer<UInt64>,
        _ scratch: UnsafeMutablePointer<UInt64>,
        into outputs: (x: [UnsafeMutablePointer<UInt64>?], y: [UnsafeMutablePointer<UInt64>?])
    ) {
        sotto_lattice_columns(
            path, modulus, terms, blocks, coefficients, scratch, values, outputs.x, outputs.y)
    }

    // MARK: Single numbers

    /// `x mod p` for any word, by the same instructions for all.
    @inline(__always)
    package func reduce(_ x: UInt64) -> UInt64 {
        below(x &- x.multipliedFullWidth(by: reciprocal).high &* p)
    }

    /// `x mod p` for x below 2p.
    @inline(__always)
    package func below(_ x: UInt64) -> UInt64 {
        let difference = x &- p
        return difference &+ (p & (0 &- (difference &>> 63)))
    }

    /// The residue of a number of magnitude below p.
    @inline(__always)
    package func residue(_ x: Int64) -> UInt64 { UInt64(bitPattern: x) &+ (p & UInt64(bitPattern: x &>> 63)) }
}

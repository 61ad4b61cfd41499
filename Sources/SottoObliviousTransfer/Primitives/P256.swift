import CSottoOpenSSL
import SottoRandomness

/// The elliptic curve P-256 through OpenSSL, whose multiplications take the same time for every scalar.
///
/// Holds scratch memory of OpenSSL that calls change: one owner, one thread at a time.
final class P256 {
    private let group: OpaquePointer
    private let context: OpaquePointer

    /// A compressed point.
    static let byteCount = 33
    private static let scalarBytes = 32

    final class Point {
        fileprivate let raw: OpaquePointer
        fileprivate init(_ raw: OpaquePointer) { self.raw = raw }
        deinit { EC_POINT_clear_free(raw) }
    }

    final class Scalar {
        fileprivate let raw: OpaquePointer
        fileprivate init(_ raw: OpaquePointer) { self.raw = raw }
        deinit { BN_clear_free(raw) }
    }

    /// - Throws: `RandomnessError.openSSL` if OpenSSL lacks the curve or memory.
    init() throws(RandomnessError) {
        try OpenSSL.prepare()
        guard let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else {
            throw lastOpenSSLError("EC_GROUP_new_by_curve_name")
        }
        guard let context = BN_CTX_secure_new() ?? BN_CTX_new() else {
            EC_GROUP_free(group)
            throw lastOpenSSLError("BN_CTX_new")
        }
        (self.group, self.context) = (group, context)
    }

    deinit {
        BN_CTX_free(context)
        EC_GROUP_free(group)
    }

    /// A scalar from the seed's stream: 256 bits, and the order is within 2^-32 of 2^256, so that reducing 384 bits leaves
    /// a distance from uniform of 2^-128.
    func scalar(_ generator: inout PseudorandomGenerator) throws -> Scalar {
        var words = try generator.words(6)
        let raw = words.withUnsafeMutableBytes { bytes in
            let number = BN_bin2bn(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count), BN_secure_new())
            SecretMemory.wipe(bytes)
            return number
        }
        guard let raw else { throw lastOpenSSLError("BN_bin2bn") }
        let scalar = Scalar(raw)
        BN_set_flags(raw, BN_FLG_CONSTTIME)
        try checkOpenSSL(BN_div(nil, raw, raw, EC_GROUP_get0_order(group), context), "BN_div")
        return scalar
    }

    /// `scalar · G`.
    func multiplyBase(_ scalar: Scalar) throws(RandomnessError) -> Point {
        let result = try newPoint()
        try checkOpenSSL(EC_POINT_mul(group, result.raw, scalar.raw, nil, nil, context), "EC_POINT_mul")
        return result
    }

    /// `scalar · point`.
    func multiply(_ point: Point, _ scalar: Scalar) throws(RandomnessError) -> Point {
        let result = try newPoint()
        try checkOpenSSL(EC_POINT_mul(group, result.raw, nil, point.raw, scalar.raw, context), "EC_POINT_mul")
        return result
    }

    func add(_ left: Point, _ right: Point) throws(RandomnessError) -> Point {
        let result = try newPoint()
        try checkOpenSSL(EC_POINT_add(group, result.raw, left.raw, right.raw, context), "EC_POINT_add")
        return result
    }

    func negate(_ point: Point) throws(RandomnessError) -> Point {
        let result = try newPoint()
        try checkOpenSSL(EC_POINT_copy(result.raw, point.raw), "EC_POINT_copy")
        try checkOpenSSL(EC_POINT_invert(group, result.raw, context), "EC_POINT_invert")
        return result
    }

    /// The compressed point, 33 bytes; the point at infinity, which no honest run meets, has none.
    func bytes(_ point: Point) throws(RandomnessError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        let written = EC_POINT_point2oct(
            group, point.raw, POINT_CONVERSION_COMPRESSED, &bytes, bytes.count, context)
        guard written == Self.byteCount else { throw lastOpenSSLError("EC_POINT_point2oct") }
        return bytes
    }

    func isInfinite(_ point: Point) -> Bool { EC_POINT_is_at_infinity(group, point.raw) == 1 }

    /// A peer's point, or nil where the bytes are none. The curve's order is prime: every point but infinity has it.
    func point(_ bytes: ArraySlice<UInt8>) throws(RandomnessError) -> Point? {
        guard bytes.count == Self.byteCount, bytes.first == 2 || bytes.first == 3 else { return nil }
        let point = try newPoint()
        let status = bytes.withUnsafeBufferPointer {
            EC_POINT_oct2point(group, point.raw, $0.baseAddress, $0.count, context)
        }
        guard status == 1, !isInfinite(point) else {
            _ = lastOpenSSLError("EC_POINT_oct2point")
            return nil
        }
        return point
    }

    private func newPoint() throws(RandomnessError) -> Point {
        guard let raw = EC_POINT_new(group) else { throw lastOpenSSLError("EC_POINT_new") }
        return Point(raw)
    }
}

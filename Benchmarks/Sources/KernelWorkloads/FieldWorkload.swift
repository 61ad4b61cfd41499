import CGMPIntegers
import SottoAlgebra

/// Products of random elements of a field, one by one, and of the same numbers by GMP's integers, on one core.
public final class FieldWorkload {
    public let field: PrimeField
    public let count: Int
    private let shape: ProductShape
    private let x: [UInt64]
    private let y: [UInt64]
    private let left: UnsafeMutablePointer<__mpz_struct>
    private let right: UnsafeMutablePointer<__mpz_struct>
    private let results: UnsafeMutablePointer<__mpz_struct>
    private let modulus: UnsafeMutablePointer<__mpz_struct>

    public init(_ prime: PrimeModulus, count: Int) throws {
        field = PrimeField(prime)
        self.count = count
        shape = .elementwise(count: count)
        var words = SystemWords()
        x = try field.uniform(count: count, width: prime.bits, from: &words)
        y = try field.uniform(count: count, width: prime.bits, from: &words)
        left = Self.integers(x, prime.limbCount)
        right = Self.integers(y, prime.limbCount)
        results = Self.integers([UInt64](repeating: .max, count: 2 * count * prime.limbCount), 2 * prime.limbCount)
        modulus = Self.integers(prime.limbs, prime.limbCount)
    }

    deinit {
        for (integers, count) in [(left, count), (right, count), (results, count), (modulus, 1)] {
            for index in 0..<count { __gmpz_clear(integers + index) }
            integers.deallocate()
        }
    }

    public func multiply() -> [UInt64] { field.product(x, y, shape: shape, threads: 1) }

    /// `mpz_mul` and `mpz_mod` for each pair, into integers that have room already.
    public func multiplyIntegers() {
        for index in 0..<count {
            __gmpz_mul(results + index, left + index, right + index)
            __gmpz_mod(results + index, results + index, modulus)
        }
    }

    /// Whether both ways give the same products.
    public func isConsistent() -> Bool {
        multiplyIntegers()
        let products = multiply()
        let limbs = field.modulus.limbCount
        return (0..<count).allSatisfy { index in
            (0..<limbs).allSatisfy { UInt64(__gmpz_getlimbn(results + index, $0)) == products[index * limbs + $0] }
        }
    }

    private static func integers(_ limbs: [UInt64], _ size: Int) -> UnsafeMutablePointer<__mpz_struct> {
        let count = limbs.count / size
        let integers = UnsafeMutablePointer<__mpz_struct>.allocate(capacity: count)
        for index in 0..<count {
            __gmpz_init(integers + index)
            limbs[(index * size)..<((index + 1) * size)].withUnsafeBytes {
                __gmpz_import(integers + index, size, -1, 8, 0, 0, $0.baseAddress)
            }
        }
        return integers
    }
}

/// The product `[m, k] * [k, n]` in a field, on one core.
public struct FieldMatrixWorkload {
    public let field: PrimeField
    private let shape: ProductShape
    private let x: [UInt64]
    private let y: [UInt64]

    public init(_ prime: PrimeModulus, m: Int, k: Int, n: Int) throws {
        field = PrimeField(prime)
        shape = .matrix(batch: 1, m: m, k: k, n: n)
        var words = SystemWords()
        x = try field.uniform(count: m * k, width: prime.bits, from: &words)
        y = try field.uniform(count: k * n, width: prime.bits, from: &words)
    }

    public func multiply() -> [UInt64] { field.product(x, y, shape: shape, threads: 1) }

    /// The kernels by limbs that this processor has.
    public static var kernels: [FieldMatrixKernel] {
        FieldMatrixKernel.allCases.filter { $0.isAvailable && $0 != .elements && $0 != .portableLimbs }
    }

    public func multiply(by kernel: FieldMatrixKernel) -> [UInt64] {
        guard case .matrix(let batch, let m, let k, let n) = shape else { return [] }
        return field.matrixProduct(x, y, batch: batch, m: m, k: k, n: n, threads: 1, kernel: kernel)
    }

    public func multiplyElements() -> [UInt64] { multiply(by: .elements) }
}

private struct SystemWords: UniformWords {
    func words(_ count: Int) -> [UInt64] { (0..<count).map { _ in .random(in: 0 ... .max) } }
}

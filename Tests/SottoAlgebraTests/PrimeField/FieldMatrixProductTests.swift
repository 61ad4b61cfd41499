import SottoAlgebra
import TestSupport
import Testing

/// Products by limbs modulo primes near 2^127 and 2^128 against products of elements, which PrimeFieldTests compare with GMP's
/// integers.
@Suite struct FieldMatrixProductTests {
    /// 2^127 - 1, 2^128 - 159, and the ones of 120 and 128 bits that are farthest below a power of two.
    static let primes = [
        "170141183460469231731687303715884105727", "340282366920938463463374607431768211297",
        "1329227995784915872899303460652974111", "340282366920938463463302549837730283627",
    ]

    private func expectExact(
        _ field: PrimeField, _ shape: (batch: Int, m: Int, k: Int, n: Int), x: [UInt64], y: [UInt64]
    ) {
        let (batch, m, k, n) = shape
        let expected = field.matrixProduct(x, y, batch: batch, m: m, k: k, n: n, threads: 1, kernel: .elements)
        for kernel in FieldMatrixKernel.allCases where kernel.isAvailable {
            for threads in [1, 3] {
                let product = field.matrixProduct(
                    x, y, batch: batch, m: m, k: k, n: n, threads: threads, kernel: kernel)
                #expect(product == expected, "\(kernel), \(shape), \(threads) threads")
            }
        }
        let shape = ProductShape.matrix(batch: batch, m: m, k: k, n: n)
        #expect(field.product(x, y, shape: shape, threads: 2) == expected)
    }

    @Test(arguments: primes) func everyEdgeOfTilesIsExact(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        var words = SeededWords(11)
        for (batch, m, k, n) in [
            (1, 1, 1, 1), (1, 2, 24, 3), (1, 15, 63, 17), (1, 16, 64, 16), (2, 17, 65, 33), (1, 3, 130, 65),
            (3, 5, 30, 2), (1, 81, 26, 9), (1, 2, 1025, 3), (0, 2, 3, 4), (1, 2, 0, 3), (1, 0, 30, 3), (1, 3, 30, 0),
        ] {
            let x = try field.uniform(count: batch * m * k, width: field.modulus.bits, from: &words)
            let y = try field.uniform(count: batch * k * n, width: field.modulus.bits, from: &words)
            expectExact(field, (batch, m, k, n), x: x, y: y)
        }
    }

    /// Sums of the largest elements, within a block of depth and beyond it, and of elements whose bytes are extremes.
    @Test(arguments: primes) func extremeElementsAreExact(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        let top = field.encode([-1])
        for k in [64, 1024, 2049] {
            let x = field.repeated(top, 2 * k)
            for element in [top, field.encode([0]), field.encode([1]), field.scale(top, by: 128)] {
                expectExact(field, (1, 2, k, 3), x: x, y: field.repeated(element, 3 * k))
                expectExact(field, (1, 3, k, 2), x: field.repeated(element, 3 * k), y: x)
            }
        }
        let awkward = field.awkward
        let count = field.count(awkward)
        let rows = (0..<(3 * 64)).flatMap { field.slice(awkward, ($0 % count)..<($0 % count + 1)) }
        let columns = (0..<(64 * 5)).flatMap { field.slice(awkward, ($0 * 7 % count)..<($0 * 7 % count + 1)) }
        expectExact(field, (1, 3, 64, 5), x: rows, y: columns)
    }
}

import SottoAlgebra
import TestSupport
import Testing

/// Every kernel against GMP's integers: folding at 120 to 128 bits, Montgomery's reduction elsewhere.
@Suite struct PrimeFieldTests {
    static let primes = TestPrimes.all

    private func field(_ prime: String) throws -> PrimeField { PrimeField(try PrimeModulus(prime)) }

    /// Pairs of random elements, and all pairs of awkward ones.
    private func pairs(_ field: PrimeField, random: Int = 300) throws -> (x: [UInt64], y: [UInt64]) {
        var words = SeededWords(7)
        var x = try field.uniform(count: random, width: field.modulus.bits, from: &words)
        var y = try field.uniform(count: random, width: field.modulus.bits, from: &words)
        let awkward = field.awkward
        for i in 0..<field.count(awkward) {
            for j in 0..<field.count(awkward) {
                x += field.slice(awkward, i..<(i + 1))
                y += field.slice(awkward, j..<(j + 1))
            }
        }
        return (x, y)
    }

    @Test(arguments: primes) func elementByElement(prime: String) throws {
        let field = try field(prime)
        let (x, y) = try pairs(field)
        let (a, b) = (field.integers(x), field.integers(y))
        #expect(field.add(x, y) == field.elements(zip(a, b).map { $0 + $1 }))
        #expect(field.subtract(x, y) == field.elements(zip(a, b).map { $0 - $1 }))
        let count = a.count
        #expect(
            field.product(x, y, shape: .elementwise(count: count), threads: 1)
                == field.elements(zip(a, b).map { $0 * $1 }))
        for factor in [0, 1, -1, 12345, .max, .min] as [Int64] {
            #expect(field.scale(x, by: factor) == field.elements(a.map { $0 * GMPInteger(factor) }))
            #expect(field.add(x, constant: factor) == field.elements(a.map { $0 + GMPInteger(factor) }))
        }
        for exponent in [0, 1, 63, 64, field.modulus.bits - 3, field.modulus.bits - 1] {
            let power = GMPInteger.powerOfTwo(exponent)
            #expect(field.add(x, powerOfTwo: exponent, isNegative: false) == field.elements(a.map { $0 + power }))
            #expect(field.add(x, powerOfTwo: exponent, isNegative: true) == field.elements(a.map { $0 - power }))
        }
    }

    @Test(arguments: primes) func sumsOfProductsReduceOnce(prime: String) throws {
        let field = try field(prime)
        let (x, y) = try pairs(field, random: 60)
        let count = field.count(x)
        func sum(_ terms: [GMPInteger]) -> [UInt64] { field.elements([terms.reduce(GMPInteger()) { $0 + $1 }]) }
        let products = zip(field.integers(x), field.integers(y)).map { $0 * $1 }
        #expect(field.product(x, y, shape: .rowDots(rows: 1, columns: count), threads: 1) == sum(products))
        // The largest sums there are: -1 times -1 over and over.
        let ones = field.encode([Int64](repeating: -1, count: 9000))
        #expect(
            field.product(ones, ones, shape: .rowDots(rows: 2, columns: 4500), threads: 1)
                == field.encode([4500, 4500]))
        let (batch, m, k, n) = (2, 5, 7, 3)
        let (left, right) = (field.slice(x, 0..<(batch * m * k)), field.slice(y, 0..<(batch * k * n)))
        let (a, b) = (field.integers(left), field.integers(right))
        var expected: [UInt64] = []
        for matrix in 0..<batch {
            for row in 0..<m {
                for column in 0..<n {
                    expected += sum((0..<k).map { a[(matrix * m + row) * k + $0] * b[(matrix * k + $0) * n + column] })
                }
            }
        }
        for threads in [1, 3] {
            #expect(
                field.product(left, right, shape: .matrix(batch: batch, m: m, k: k, n: n), threads: threads) == expected
            )
        }
    }

    @Test func threadsDoNotChangeLargeProducts() throws {
        let field = try field(Self.primes[0])
        var words = SeededWords(3)
        let shape = ProductShape.matrix(batch: 2, m: 41, k: 50, n: 43)
        let x = try field.uniform(count: shape.leftCount, width: 127, from: &words)
        let y = try field.uniform(count: shape.rightCount, width: 127, from: &words)
        let expected = field.product(x, y, shape: shape, threads: 1)
        for threads in [2, 3, 16] { #expect(field.product(x, y, shape: shape, threads: threads) == expected) }
    }

    @Test(arguments: primes) func emptyProducts(prime: String) throws {
        let field = try field(prime)
        #expect(field.product([], [], shape: .matrix(batch: 1, m: 2, k: 0, n: 2), threads: 2) == field.zeros(4))
        #expect(field.product([], [], shape: .matrix(batch: 0, m: 2, k: 3, n: 2), threads: 2).isEmpty)
        #expect(field.product([], field.zeros(6), shape: .matrix(batch: 1, m: 0, k: 3, n: 2), threads: 1).isEmpty)
        #expect(field.product([], [], shape: .rowDots(rows: 3, columns: 0), threads: 1) == field.zeros(3))
        #expect(field.add([], []).isEmpty)
        #expect(field.concatenate([]).isEmpty)
    }

    @Test(arguments: primes) func signedIntegers(prime: String) throws {
        let field = try field(prime)
        var generator = SeededGenerator(1)
        let x = generator.integers(200, bits: 63) + [.max, .min, .min + 1]
        #expect(field.decode(field.encode(x), width: field.modulus.bits) == x)
        #expect(field.encode(x) == field.elements(x.map { GMPInteger($0) }))
        #expect(field.count(field.encode(x)) == x.count)
    }

    @Test(arguments: primes) func linearMaps(prime: String) throws {
        let field = try field(prime)
        var words = SeededWords(9)
        let rows = Segments(groups: 2, lengths: [3, 1, 5])
        let x = try field.uniform(count: 18, width: field.modulus.bits, from: &words)
        let integers = field.integers(x)
        func at(_ map: LinearMap) -> [[Int]] {
            // What the ring does to unit vectors says which inputs an output adds up.
            let columns = (0..<map.inputCount).map { i in
                Ring64().apply(map, to: (0..<map.inputCount).map { $0 == i ? 1 : 0 })
            }
            return (0..<map.outputCount).map { row in (0..<map.inputCount).filter { columns[$0][row] == 1 } }
        }
        let maps: [LinearMap] = [
            .permute(shape: [3, 6], order: [1, 0]), .slice(shape: [3, 6], axis: 1, range: 2..<5), .segmentSum(rows),
            .pairElements(rows, second: true), .placeLeftovers(rows),
        ]
        for map in maps {
            let expected = at(map).map { indices in indices.reduce(GMPInteger()) { $0 + integers[$1] } }
            #expect(field.apply(map, to: x) == field.elements(expected), "\(map)")
        }
        let spread = LinearMap.segmentBroadcast(rows)
        let six = field.slice(x, 0..<6)
        #expect(field.apply(spread, to: six) == field.elements(at(spread).map { integers[$0[0]] }))
    }
}

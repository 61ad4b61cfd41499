import SottoAlgebra
import TestSupport
import Testing

private struct Shape: CustomStringConvertible {
    var batch = 1
    let m: Int
    let k: Int
    let n: Int

    var description: String { "\(batch)x[\(m),\(k)]x[\(k),\(n)]" }
}

/// `c + a * b` by its definition.
private func reference(_ c: [UInt64], _ a: [UInt64], _ b: [UInt64], _ shape: Shape) -> [UInt64] {
    var result = c
    for index in 0..<shape.batch {
        for i in 0..<shape.m {
            for j in 0..<shape.n {
                var sum = c[(index * shape.m + i) * shape.n + j]
                for p in 0..<shape.k {
                    sum &+= a[(index * shape.m + i) * shape.k + p] &* b[(index * shape.k + p) * shape.n + j]
                }
                result[(index * shape.m + i) * shape.n + j] = sum
            }
        }
    }
    return result
}

private func words(_ count: Int, _ generator: inout SeededGenerator) -> [UInt64] {
    (0..<count).map { _ in generator.next() }
}

/// Whether every kernel, on one thread and on three, from words and from prepared operands, gives what the definition does
/// modulo the ring.
private func expectAllKernelsExact(
    _ shape: Shape, widths: ProductWidths = .words, seed: UInt64,
    left: ((Int, inout SeededGenerator) -> [UInt64])? = nil,
    words: @escaping (Int, inout SeededGenerator) -> [UInt64]
) {
    var generator = SeededGenerator(seed)
    let a = (left ?? words)(shape.batch * shape.m * shape.k, &generator)
    let b = words(shape.batch * shape.k * shape.n, &generator)
    let c = (left ?? words)(shape.batch * shape.m * shape.n, &generator)
    let mask = Ring64.mask(widths.ring)
    let expected = reference(c, a, b, shape).map { $0 & mask }
    let prepared = RightMatrix(b, batch: shape.batch, k: shape.k, n: shape.n, widths: widths)
    for kernel in RingKernel.allCases where kernel.isAvailable && kernel.isExact(ring: widths.ring) {
        for threads in [1, 3] {
            var sum = c
            RingMatrixProduct.multiplyAccumulate(
                into: &sum, a, b, batch: shape.batch, m: shape.m, k: shape.k, n: shape.n, widths: widths,
                threads: threads, kernel: kernel)
            #expect(sum.map { $0 & mask } == expected, "\(kernel), \(shape), \(widths), \(threads) threads")
            sum = c
            RingMatrixProduct.multiplyAccumulate(
                into: &sum, a, prepared, m: shape.m, ring: widths.ring, threads: threads, kernel: kernel)
            #expect(sum.map { $0 & mask } == expected, "prepared, \(kernel), \(shape), \(widths), \(threads)")
        }
    }
}

@Suite struct RingMatrixProductTests {
    @Test func thePortableKernelIsAlwaysThereAndTheFastestIsAvailable() {
        #expect(RingKernel.portable.isAvailable)
        #expect(RingKernel.portableLimbs.isAvailable)
        for ring in [1, 46, 52, 53, 64] {
            for rows in [1, 8, 128] {
                for isPrepared in [false, true] {
                    let kernel = RingKernel.fastest(
                        ProductWidths(ring: ring), rows: rows, depth: 768, isPrepared: isPrepared)
                    #expect(kernel.isAvailable && kernel.isExact(ring: ring))
                }
            }
        }
        #if !arch(x86_64)
            #expect(RingKernel.allCases.filter(\.isAvailable) == [.portable, .portableLimbs])
        #endif
    }

    @Test func knownProduct() {
        let product = RingMatrixProduct.multiply(
            [1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, .max], batch: 1, m: 2, k: 3, n: 2, threads: 1)
        #expect(product == [58, 25, 139, 76])
    }

    /// Every size of a tile's edge: heights 1 to 9 and widths up to two panels, at a depth that is odd.
    @Test func everyTileEdgeIsExact() {
        for m in 1...9 {
            for n in 1...70 { expectAllKernelsExact(Shape(m: m, k: 3, n: n), seed: UInt64(m * 100 + n), words: words) }
        }
    }

    /// Depths around the unrolling of the kernels and around the depth of a block.
    @Test(arguments: [0, 1, 2, 4, 5, 95, 96, 97, 192, 193]) func everyDepthIsExact(k: Int) {
        for (m, n) in [(1, 9), (3, 33), (4, 32), (5, 8), (9, 41)] {
            expectAllKernelsExact(Shape(m: m, k: k, n: n), seed: UInt64(k), words: words)
        }
    }

    /// Heights and widths around the sizes of a block and past it.
    @Test func sizesBeyondABlockAreExact() {
        for (m, k, n) in [
            (255, 5, 9), (256, 4, 8), (257, 7, 65), (517, 3, 33), (6, 100, 129), (2, 9, 300), (33, 97, 64),
        ] {
            expectAllKernelsExact(Shape(m: m, k: k, n: n), seed: UInt64(m), words: words)
        }
    }

    /// Every width of a ring, whose last byte or product of words is a part of one.
    @Test(arguments: 1...64) func everyRingIsExact(width: Int) {
        for (m, k, n) in [(3, 70, 17), (17, 5, 9)] {
            expectAllKernelsExact(
                Shape(m: m, k: k, n: n), widths: ProductWidths(ring: width), seed: UInt64(width), words: words)
        }
    }

    /// Every declared magnitude, its ends and the values where one digit more begins included.
    @Test(arguments: 0...62) func everyDeclaredMagnitudeIsExact(bits: Int) {
        for ring in [8, 20, 46, 52, 64] where ring > bits {
            expectAllKernelsExact(
                Shape(m: 5, k: 66, n: 18), widths: ProductWidths(ring: ring, rightMagnitudeBits: bits),
                seed: UInt64(bits * 64 + ring), left: words
            ) { count, generator in
                generator.integers(count, bits: bits).map { UInt64(bitPattern: $0) }
            }
        }
    }

    /// Words whose bytes are all 255 on the left and all -128 or 127 on the right: the largest sums of a block, and beyond it.
    @Test(arguments: [64, 1024, 1088, 8256]) func theLargestSumsOfLimbsAreExact(k: Int) {
        for digit: UInt64 in [0x80, 0x7f] {
            // Less the offset of modular digits, so that every digit is the one.
            let word = ((digit ^ 0x80) &* 0x0101_0101_0101_0101) &- 0x8080_8080_8080_8080
            for ring in [46, 64] {
                expectAllKernelsExact(
                    Shape(m: 2, k: k, n: 3), widths: ProductWidths(ring: ring), seed: 5,
                    left: { count, _ in [UInt64](repeating: .max, count: count) },
                    words: { count, _ in [UInt64](repeating: word, count: count) })
            }
        }
    }

    /// Depths and sides around the tiles of limbs and their blocks.
    @Test func everyEdgeOfTilesIsExact() {
        for (m, k, n) in [
            (15, 63, 15), (16, 64, 16), (17, 65, 17), (31, 127, 33), (33, 129, 63), (1, 1025, 65), (257, 3, 5),
            (273, 66, 81), (5, 2050, 7),
        ] {
            for widths in [ProductWidths(ring: 46), ProductWidths(ring: 64), ProductWidths(ring: 36)] {
                expectAllKernelsExact(Shape(m: m, k: k, n: n), widths: widths, seed: UInt64(m + k + n), words: words)
            }
        }
    }

    /// An operand prepared for a ring serves all narrower ones, whose last digits it has too many of.
    @Test func narrowerRingsThanTheOperandsAreExact() {
        var generator = SeededGenerator(8)
        let (m, k, n) = (19, 67, 21)
        let (a, b) = (words(m * k, &generator), words(k * n, &generator))
        let product = reference([UInt64](repeating: 0, count: m * n), a, b, Shape(m: m, k: k, n: n))
        let prepared = RightMatrix(b, batch: 1, k: k, n: n, widths: .words)
        for ring in [1, 9, 46, 52, 63] {
            let mask = Ring64.mask(ring)
            for kernel in RingKernel.allCases where kernel.isAvailable && kernel.isExact(ring: ring) {
                var sum = [UInt64](repeating: 0, count: m * n)
                RingMatrixProduct.multiplyAccumulate(
                    into: &sum, a, prepared, m: m, ring: ring, threads: 1, kernel: kernel)
                #expect(sum.map { $0 & mask } == product.map { $0 & mask }, "\(kernel), \(ring) bits")
            }
        }
    }

    @Test func emptyProductsChangeNothing() {
        for (batch, m, k, n) in [(0, 2, 3, 4), (1, 0, 3, 4), (2, 3, 0, 4), (1, 3, 4, 0), (3, 0, 0, 0)] {
            expectAllKernelsExact(Shape(batch: batch, m: m, k: k, n: n), seed: 1, words: words)
        }
    }

    @Test func batchesAreExact() {
        for batch in [2, 3, 7] {
            expectAllKernelsExact(Shape(batch: batch, m: 5, k: 6, n: 35), seed: 2, words: words)
            expectAllKernelsExact(Shape(batch: batch, m: 1, k: 9, n: 3), seed: 3, words: words)
        }
    }

    /// Words whose halves are 0 or all ones carry the most between the halves of a product.
    @Test func extremeWordsAreExact() {
        let extremes: [UInt64] = [0, 1, .max, 1 << 63, 0xffff_ffff, 0xffff_ffff_0000_0000, 1 << 32, .max - 1]
        expectAllKernelsExact(Shape(m: 13, k: 101, n: 45), seed: 4) { count, generator in
            (0..<count).map { _ in extremes[Int(generator.next() % UInt64(extremes.count))] }
        }
    }

    /// Large enough that the work is really split over threads: by batch, by columns and by rows.
    @Test func splitWorkIsExact() {
        let shapes = [
            Shape(batch: 5, m: 40, k: 150, n: 220), Shape(m: 31, k: 301, n: 700), Shape(m: 523, k: 199, n: 65),
            Shape(m: 1, k: 1500, n: 4500), Shape(batch: 2, m: 150, k: 150, n: 301),
        ]
        for shape in shapes {
            var generator = SeededGenerator(6)
            let a = words(shape.batch * shape.m * shape.k, &generator)
            let b = words(shape.batch * shape.k * shape.n, &generator)
            let zero = [UInt64](repeating: 0, count: shape.batch * shape.m * shape.n)
            let expected = reference(zero, a, b, shape)
            for threads in 1...5 {
                let product = RingMatrixProduct.multiply(
                    a, b, batch: shape.batch, m: shape.m, k: shape.k, n: shape.n, threads: threads)
                #expect(product == expected, "\(shape), \(threads) threads")
            }
        }
    }

    /// A kernel must not write outside its part of `c`: the neighbours of a batch would change.
    @Test func aProductLeavesItsNeighboursAlone() {
        for kernel in RingKernel.allCases where kernel.isAvailable && kernel.isExact(ring: 64) {
            for (m, n) in [(1, 3), (3, 9), (5, 33), (6, 63)] {
                var a = [UInt64](repeating: 0, count: 3 * m * 2)
                a.replaceSubrange(m * 2..<2 * m * 2, with: [UInt64](repeating: 1, count: m * 2))
                var c = [UInt64](repeating: 5, count: 3 * m * n)
                RingMatrixProduct.multiplyAccumulate(
                    into: &c, a, [UInt64](repeating: 1, count: 3 * 2 * n), batch: 3, m: m, k: 2, n: n, threads: 1,
                    kernel: kernel)
                let untouched = [UInt64](repeating: 5, count: m * n)
                #expect(c == untouched + [UInt64](repeating: 7, count: m * n) + untouched)
            }
        }
    }
}

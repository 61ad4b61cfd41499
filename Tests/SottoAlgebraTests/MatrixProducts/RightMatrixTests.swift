import SottoAlgebra
import TestSupport
import Testing

@Suite struct RightMatrixTests {
    @Test(arguments: [(1, 1), (3, 5), (4, 16), (63, 17), (64, 64), (65, 80), (130, 7)])
    func wordsComeBackModuloTheRing(k: Int, n: Int) {
        var generator = SeededGenerator(3)
        let words = (0..<2 * k * n).map { _ in generator.next() }
        for ring in 1...64 {
            let matrix = RightMatrix(words, batch: 2, k: k, n: n, widths: ProductWidths(ring: ring))
            let mask = Ring64.mask(ring)
            #expect(matrix.words.map { $0 & mask } == words.map { $0 & mask })
        }
    }

    @Test(arguments: 0...62) func declaredIntegersComeBackAsTheyWere(bits: Int) {
        var generator = SeededGenerator(UInt64(bits))
        let words = generator.integers(65 * 33, bits: bits).map { UInt64(bitPattern: $0) }
        let widths = ProductWidths(ring: 64, rightMagnitudeBits: bits)
        #expect(RightMatrix(words, batch: 1, k: 65, n: 33, widths: widths).words == words)
    }

    @Test func memoryIsAByteForEachDigit() {
        for (ring, bits, limbs) in [(46, nil, 6), (46, 17, 3), (46, 22, 3), (46, 23, 4), (64, nil, 8), (36, 40, 5)] {
            let widths = ProductWidths(ring: ring, rightMagnitudeBits: bits)
            let matrix = RightMatrix([UInt64](repeating: 0, count: 100 * 20), batch: 1, k: 100, n: 20, widths: widths)
            #expect(matrix.memoryBytes == limbs * 128 * 32)
        }
    }
}

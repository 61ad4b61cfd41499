import Foundation
import SottoAlgebra
import TestSupport
import Testing

@Suite struct ProductCrossoversTests {
    private static let share = ProductWidths(ring: 46)
    private static let weight = ProductWidths(ring: 46, rightMagnitudeBits: 17)
    /// Processors by what they have beyond the portable kernels.
    private static let everything: Set<RingKernel> = [.avx2, .avx512, .ifma, .vnni, .amx]
    private static let withoutTiles: Set<RingKernel> = [.avx2, .avx512, .ifma, .vnni]
    private static let withoutShortProducts: Set<RingKernel> = [.avx2, .avx512, .vnni]

    private static let all = ProductCrossovers(
        ring: .init(
            tilesOverWords: .init(rows: 0, depth: 0), tilesOverShortWords: .init(rows: 0, depth: 0),
            tilesOfPrepared: 0, wordsOfPrepared: 0, bytesOverWords: 0),
        field: .init(limbsOverElements: 0, bytesOverElements: 0, tilesDepth: 0, tilesTerms: 0))
    private static let none = ProductCrossovers(
        ring: .init(
            tilesOverWords: .init(rows: .never, depth: .never),
            tilesOverShortWords: .init(rows: .never, depth: .never), tilesOfPrepared: .never,
            wordsOfPrepared: .never, bytesOverWords: .never),
        field: .init(
            limbsOverElements: .never, bytesOverElements: .never, tilesDepth: .never, tilesTerms: .never))
    private static let others = ProductCrossovers(
        ring: .init(
            tilesOverWords: .init(rows: 3, depth: 100), tilesOverShortWords: .init(rows: 2, depth: 17),
            tilesOfPrepared: 9, wordsOfPrepared: 4, bytesOverWords: 2),
        field: .init(limbsOverElements: 40, bytesOverElements: 3, tilesDepth: 20, tilesTerms: 90))
    static let extremes = [ProductCrossovers.standard, all, none, others]

    // MARK: Choices

    private static func ring(
        _ widths: ProductWidths, _ rows: Int, _ depth: Int, isPrepared: Bool, _ crossovers: ProductCrossovers,
        _ processor: Set<RingKernel>
    ) -> RingKernel {
        .fastest(
            widths, rows: rows, depth: depth, isPrepared: isPrepared, crossovers: crossovers,
            has: processor.contains)
    }

    /// What was chosen before crossovers were values.
    @Test func theStandardIsAsItWas() {
        for processor in [Self.everything, Self.withoutTiles, Self.withoutShortProducts, [.avx2], []] {
            for widths in [
                ProductWidths.words, Self.share, Self.weight, ProductWidths(ring: 53), ProductWidths(ring: 52),
            ] {
                for rows in [0, 1, 4, 5, 7, 8, 31, 32, 500] {
                    for depth in [1, 255, 256, 2000] {
                        for isPrepared in [false, true] {
                            let expected: RingKernel =
                                if processor.contains(.amx),
                                    isPrepared || (widths.ring > 52 ? rows >= 8 : rows >= 32 && depth >= 256)
                                {
                                    .amx
                                } else if processor.contains(.vnni),
                                    isPrepared && rows <= 4
                                        || !processor.contains(.ifma) && rows > 4 && widths.ring <= 46
                                {
                                    .vnni
                                } else if processor.contains(.ifma), widths.ring <= 52 {
                                    .ifma
                                } else {
                                    processor.contains(.avx512)
                                        ? .avx512 : processor.contains(.avx2) ? .avx2 : .portable
                                }
                            let found = Self.ring(widths, rows, depth, isPrepared: isPrepared, .standard, processor)
                            #expect(found == expected, "\(widths), \(rows), \(depth), \(isPrepared), \(processor)")
                        }
                    }
                }
            }
        }
    }

    @Test func choicesFollowTheCrossovers() {
        let cases: [(ProductWidths, Int, Int, Bool, ProductCrossovers, Set<RingKernel>, RingKernel)] = [
            (.words, 3, 100, false, Self.others, Self.everything, .amx),
            (.words, 2, 100, false, Self.others, Self.everything, .avx512),
            (.words, 3, 99, false, Self.others, Self.everything, .avx512),
            (Self.share, 2, 17, false, Self.others, Self.everything, .amx),
            (Self.share, 1, 17, false, Self.others, Self.everything, .ifma),
            (Self.share, 2, 16, false, Self.others, Self.everything, .ifma),
            (Self.weight, 9, 1, true, Self.others, Self.everything, .amx),
            (Self.weight, 8, 1, true, Self.others, Self.everything, .ifma),
            (Self.weight, 3, 1, true, Self.others, Self.everything, .vnni),
            (Self.weight, 4, 1, true, Self.others, Self.withoutTiles, .ifma),
            (Self.share, 2, 1, false, Self.others, Self.withoutShortProducts, .vnni),
            (Self.share, 1, 1, false, Self.others, Self.withoutShortProducts, .avx512),
            (.words, 1, 1, false, Self.all, Self.everything, .amx),
            (Self.weight, 1, 1, true, Self.all, Self.withoutTiles, .ifma),
            (Self.share, 0, 0, false, Self.all, Self.withoutShortProducts, .vnni),
            // 36 products of limbs are never worth it.
            (.words, 100, 100, false, Self.all, Self.withoutShortProducts, .avx512),
            (.words, .max, .max, false, Self.none, Self.everything, .avx512),
            (Self.share, .max, .max, false, Self.none, Self.everything, .ifma),
            (Self.weight, .max, .max, true, Self.none, Self.everything, .vnni),
            (.words, 1, 1, false, Self.all, [.avx2], .avx2), (Self.weight, 1, 1, true, Self.all, [], .portable),
            (Self.weight, 1, 1, true, Self.none, [], .portable),
        ]
        for (widths, rows, depth, isPrepared, crossovers, processor, expected) in cases {
            let found = Self.ring(widths, rows, depth, isPrepared: isPrepared, crossovers, processor)
            #expect(found == expected, "\(widths), \(rows), \(depth), \(isPrepared), \(crossovers)")
        }
    }

    @Test func choicesInFieldsFollowTheCrossovers() {
        let everything: Set<FieldMatrixKernel> = [.ifma, .vnni, .amx]
        let cases: [(Int, Int, ProductCrossovers, Set<FieldMatrixKernel>, FieldMatrixKernel)] = [
            (3, 256, .standard, everything, .amx), (2, 256, .standard, everything, .ifma),
            (500, 255, .standard, everything, .ifma), (1, 16, .standard, everything, .ifma),
            (500, 15, .standard, everything, .elements), (9, 64, .standard, [.vnni], .vnni),
            (9, 63, .standard, [.vnni], .elements), (9, 1000, .standard, [], .elements),
            (5, 20, Self.others, everything, .amx), (4, 20, Self.others, everything, .elements),
            (2, 40, Self.others, everything, .ifma), (1, 3, Self.others, [.vnni], .vnni),
            (1, 2, Self.others, [.vnni], .elements), (0, 0, Self.all, everything, .amx),
            (0, 0, Self.all, [.ifma], .ifma), (0, 0, Self.all, [.vnni], .vnni), (0, 0, Self.all, [], .elements),
            (1000, 1000, Self.none, everything, .elements), (1, .max, Self.none, [.vnni], .elements),
        ]
        for (rows, depth, crossovers, processor, expected) in cases {
            let found = FieldMatrixKernel.fastest(
                rows: rows, depth: depth, crossovers: crossovers, has: processor.contains)
            #expect(found == expected, "\(rows), \(depth), \(crossovers), \(processor)")
        }
    }

    /// Whatever a file says, nothing is chosen that would end the process or be wrong.
    @Test(arguments: extremes) func whatIsChosenIsThereAndExact(crossovers: ProductCrossovers) {
        for ring in [1, 46, 52, 53, 64] {
            for rows in [0, 1, 5, 100, .max] {
                for isPrepared in [false, true] {
                    let kernel = RingKernel.fastest(
                        ProductWidths(ring: ring), rows: rows, depth: 300, isPrepared: isPrepared,
                        crossovers: crossovers)
                    #expect(kernel.isAvailable && kernel.isExact(ring: ring))
                }
            }
        }
        for depth in [0, 1, 20, 1000] {
            #expect(FieldMatrixKernel.fastest(rows: 7, depth: depth, crossovers: crossovers).isAvailable)
        }
    }

    // MARK: Results

    /// Bits above a ring carry no meaning.
    @Test(arguments: [(46, 17), (46, nil), (52, nil), (64, 17), (64, nil)] as [(Int, Int?)])
    func resultsInRingsAreTheSame(ring: Int, magnitude: Int?) throws {
        let widths = ProductWidths(ring: ring, rightMagnitudeBits: magnitude)
        let mask = Ring64.mask(ring)
        var generator = SeededGenerator(UInt64(ring))
        for (batch, m, k, n) in [
            (1, 1, 1, 1), (2, 1, 16, 33), (1, 3, 100, 20), (1, 4, 64, 17), (1, 5, 300, 40), (1, 9, 17, 65),
            (2, 33, 257, 31),
            (1, 0, 4, 4), (1, 4, 0, 4),
        ] {
            let x = (0..<batch * m * k).map { _ in generator.next() & mask }
            let y = (0..<batch * k * n).map { _ -> UInt64 in
                guard let magnitude else { return generator.next() & mask }
                return (generator.next() & (2 << UInt64(magnitude) - 1)) &- (1 << UInt64(magnitude))
            }
            let shape = ProductShape.matrix(batch: batch, m: m, k: k, n: n)
            let operand = try Ring64().rightOperand(y, shape: shape, widths: widths)
            let expected = Ring64().product(x, y, shape: shape, widths: widths, threads: 1).map { $0 & mask }
            for crossovers in Self.extremes {
                let domain = Ring64(crossovers: crossovers)
                let product = domain.product(x, y, shape: shape, widths: widths, threads: 2)
                #expect(product.map { $0 & mask } == expected, "\(shape), \(widths), \(crossovers)")
                let prepared = domain.product(x, operand, shape: shape, ring: ring, threads: 2)
                #expect(prepared.map { $0 & mask } == expected, "prepared, \(shape), \(widths), \(crossovers)")
            }
        }
    }

    /// Modulo a prime that products by limbs know, and one that they do not.
    @Test(arguments: ["170141183460469231731687303715884105727", "779484405476989733526435328999"])
    func resultsInFieldsAreTheSame(prime: String) throws {
        let modulus = try PrimeModulus(prime)
        let field = PrimeField(modulus)
        var words = SeededWords(3)
        for (batch, m, k, n) in [
            (1, 1, 15, 3), (2, 1, 16, 5), (1, 5, 20, 2), (1, 3, 64, 9), (1, 4, 300, 3), (1, 2, 1, 2),
        ] {
            let x = try field.uniform(count: batch * m * k, width: modulus.bits, from: &words)
            let y = try field.uniform(count: batch * k * n, width: modulus.bits, from: &words)
            let shape = ProductShape.matrix(batch: batch, m: m, k: k, n: n)
            let expected = field.product(x, y, shape: shape, threads: 1)
            for crossovers in Self.extremes {
                let domain = PrimeField(modulus, crossovers: crossovers)
                #expect(domain.product(x, y, shape: shape, threads: 2) == expected, "\(shape), \(crossovers)")
                #expect(domain.name == field.name)
            }
        }
    }

    // MARK: Files

    @Test(arguments: extremes) func theyAreReadBack(crossovers: ProductCrossovers) throws {
        let data = try JSONEncoder().encode(crossovers)
        #expect(try JSONDecoder().decode(ProductCrossovers.self, from: data) == crossovers)
    }

    @Test func sizesAreKeptWithinBounds() {
        #expect(Crossover(-5) == 0 && Crossover(.min).size == 0)
        #expect(Crossover(.max) == .never && Crossover(Crossover.largest + 1) == .never)
        #expect(Crossover(Crossover.largest).size == Crossover.largest && Crossover.never.size == nil)
        #expect(Crossover(3).isReached(by: 3) && !Crossover(3).isReached(by: 2))
        #expect(!Crossover.never.isReached(by: .max) && Crossover(0).isReached(by: 0))
        #expect("\(Crossover(7)), \(Crossover.never)" == "7, never")
    }

    @Test func absurdNumbersAreRefused() throws {
        let good = String(decoding: try JSONEncoder().encode(ProductCrossovers.standard), as: UTF8.self)
        func decode(_ number: String) throws {
            let text = good.replacing("\"words_of_prepared\":5", with: "\"words_of_prepared\":\(number)")
            #expect(text != good || number == "5")
            _ = try JSONDecoder().decode(ProductCrossovers.self, from: Data(text.utf8))
        }
        for size in [-1, Int.min, Crossover.largest + 1, .max] {
            #expect(throws: CrossoverError.outOfRange(size: size)) { try decode("\(size)") }
        }
        for number in ["1.5", "1e30", "9223372036854775808", "\"5\"", "true", "[]", "{}"] {
            #expect(throws: DecodingError.self, "\(number)") { try decode(number) }
        }
        for number in ["0", "5", "\(Crossover.largest)", "null"] {
            #expect(throws: Never.self) { try decode(number) }
        }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ProductCrossovers.self, from: Data(#"{"ring": {}, "field": {}}"#.utf8))
        }
    }
}

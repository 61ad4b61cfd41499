import SottoAlgebra
import SottoRandomness
import TestSupport
import Testing

extension PseudorandomGenerator {
    fileprivate func bytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xa5, count: count)
        try bytes.withUnsafeMutableBytes { try fill($0) }
        return bytes
    }
}

private func generator(_ number: UInt64 = 1, domain: UInt64 = 0) throws -> PseudorandomGenerator {
    var source = InsecureSeededSource(number)
    return try PseudorandomGenerator(seed: source.nextSeed(), domain: domain)
}

@Suite struct PseudorandomGeneratorTests {
    /// NIST SP 800-38A, F.5.1: the stream is plaintext exclusive-or ciphertext. The counter carries into its 15th byte.
    @Test func counterModeOfTheStandard() throws {
        let plaintext = hexBytes(
            """
            6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
            30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710
            """)
        let ciphertext = hexBytes(
            """
            874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff
            5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee
            """)
        let generator = try PseudorandomGenerator(
            key: Seed(bytes: hexBytes("2b7e151628aed2a6abf7158809cf4f3c")),
            counter: (0xf0f1_f2f3_f4f5_f6f7, 0xf8f9_fafb_fcfd_feff))
        #expect(try generator.bytes(64) == zip(plaintext, ciphertext).map { $0 ^ $1 })
    }

    /// FIPS 197, C.1.
    @Test func blockCipherOfTheStandard() throws {
        let generator = try PseudorandomGenerator(
            key: Seed(bytes: hexBytes("000102030405060708090a0b0c0d0e0f")),
            counter: (0x0011_2233_4455_6677, 0x8899_aabb_ccdd_eeff))
        #expect(try generator.bytes(16) == hexBytes("69c4e0d86a7b0430d8cdb78070b4c55a"))
    }

    /// Known answers of AES-128 under the zero key: domain and block number are where they are said to be.
    @Test(arguments: [
        (0 as UInt64, "66e94bd4ef8a2c3b884cfa59ca342b2e"), (1 << 63, "3ad78e726c1ec02b7ebfe92b23d9ec34"),
    ])
    func theDomainIsTheUpperHalfOfTheCounter(domain: UInt64, block: String) throws {
        let zero = try Seed(bytes: [UInt8](repeating: 0, count: 16))
        #expect(try PseudorandomGenerator(seed: zero, domain: domain).bytes(16) == hexBytes(block))
        let atSecondBlock = try PseudorandomGenerator(key: zero, counter: (domain, 1))
        #expect(
            try Array(PseudorandomGenerator(seed: zero, domain: domain).bytes(48).dropFirst(16))
                == atSecondBlock.bytes(32))
    }

    @Test func domainsAndSeedsSeparateStreams() throws {
        var blocks: Set<[UInt8]> = []
        for number in 0..<4 as Range<UInt64> {
            for domain in [0, 1, 2, 256, 1 << 32, 1 << 63, .max] as [UInt64] {
                let bytes = try generator(number, domain: domain).bytes(16 * 64)
                for start in stride(from: 0, to: bytes.count, by: 16) {
                    blocks.insert(Array(bytes[start..<start + 16]))
                }
            }
        }
        #expect(blocks.count == 4 * 7 * 64)
    }

    @Test func chunkedReadsEqualOneRead() throws {
        var sizes = SeededGenerator(1)
        let whole = try generator().bytes(100_000)
        let reader = try generator()
        var chunks: [UInt8] = []
        while chunks.count < whole.count {
            let largest = Bool.random(using: &sizes) ? 20 : 9000
            chunks += try reader.bytes(min(Int.random(in: 0...largest, using: &sizes), whole.count - chunks.count))
        }
        #expect(chunks == whole)
    }

    @Test func allReadsContinueOneStream() throws {
        let bytes = try generator().bytes(8 * 103)
        let words = stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        }
        #expect(try generator().words(103) == words)
        let reader = try generator()
        #expect(try reader.words(5) == Array(words[0..<5]))
        #expect(try reader.words(0) == [])
        #expect(try reader.elements(count: 7, width: 46) == words[5..<12].map { $0 & ((1 << 46) - 1) })
        #expect(try reader.bits(70) == BitVector(words: Array(words[12..<14]), count: 70))
        #expect(try reader.seed().bytes == Array(bytes[14 * 8..<16 * 8]))
        #expect(try reader.elements(count: 3, width: 64) == Array(words[16..<19]))
        #expect(try reader.bits(0).count == 0)
        #expect(try reader.words(84) == Array(words[19...]))
    }

    @Test(arguments: [1, 2, 30, 63, 64]) func elementsReachEveryBitAndNoMore(width: Int) throws {
        let elements = try generator(3).elements(count: 200, width: width)
        let union = elements.reduce(0, |)
        #expect(union == .max >> UInt64(64 - width))
    }

    /// Bytes, and bytes that are 16 or 4096 apart, spread over the 256 values as uniform ones do. The streams are
    /// fixed; five standard deviations of chi-square leave one failure in a million to other streams.
    @Test(arguments: [1, 16, 4096]) func bytesAreUniform(distance: Int) throws {
        let bytes = try generator(4, domain: 9).bytes(256 * 4096)
        for source in [bytes, zip(bytes, bytes.dropFirst(distance)).map { $0 ^ $1 }] {
            var counts = [Double](repeating: 0, count: 256)
            for byte in source { counts[Int(byte)] += 1 }
            let expected = Double(source.count) / 256
            let chiSquare = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
            #expect(abs(chiSquare - 255) < 5 * (2.0 * 255).squareRoot())
        }
    }
}

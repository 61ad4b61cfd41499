import SottoTransport
import Testing

@Suite struct ChecksumTests {
    private static let paths = Checksum.Path.allCases.filter(\.isAvailable)

    private func value(_ pieces: [[UInt8]], _ path: Checksum.Path) -> UInt32 {
        var checksum = Checksum(path)
        for piece in pieces { piece.withUnsafeBytes { checksum.add($0) } }
        return checksum.value
    }

    /// The definition, bit by bit.
    private func slow(_ bytes: [UInt8]) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return ~remainder
    }

    /// The values of RFC 3720, B.4, and the usual check value.
    @Test(arguments: paths) func knownValues(path: Checksum.Path) {
        let known: [([UInt8], UInt32)] = [
            ([], 0), (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
        ]
        for (bytes, expected) in known { #expect(value([bytes], path) == expected) }
        #expect(Checksum.of(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test(arguments: paths) func everySizeAndSplitGivesTheDefinition(path: Checksum.Path) {
        var random = SeededGenerator(seed: 11)
        let bytes = random.bytes(80_000)
        let sizes = Array(0...70) + [8191, 8192, 24_575, 24_576, 24_577, 24_600, 49_152, 80_000]
        for size in sizes {
            let start = Int.random(in: 0...bytes.count - size, using: &random)
            let part = Array(bytes[start..<start + size])
            let expected = slow(part)
            #expect(value([part], path) == expected, "\(size) bytes")
            let cut = Int.random(in: 0...size, using: &random)
            #expect(value([Array(part[..<cut]), Array(part[cut...])], path) == expected, "\(size) bytes")
        }
    }

    @Test func everyErrorOfThreeBitsIsFound() {
        var random = SeededGenerator(seed: 12)
        let bytes = random.bytes(300)
        let expected = Checksum.of(bytes)
        for _ in 0..<2000 {
            var damaged = bytes
            for bit in Set((0..<3).map { _ in Int.random(in: 0..<2400, using: &random) }) {
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            #expect(Checksum.of(damaged) != expected)
        }
    }
}

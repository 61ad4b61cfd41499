/// Damages bytes in the ways that decoders get wrong, the same way on every run with the same seed: flipped bits,
/// truncation, duplication, splices of earlier inputs, numbers and lengths at the edges of their types, in binary and in
/// decimal digits.
///
///     var mutator = Mutator(seed: 1)
///     for _ in 0..<1000 { decode(mutator.mutate(valid)) }
public struct Mutator {
    private var generator: SeededGenerator
    /// Earlier inputs, to splice with.
    private var pool: [[UInt8]] = []

    private static let poolLimit = 64
    /// Mutations do not let inputs grow beyond this many bytes.
    private static let sizeLimit = 1 << 16

    /// Integers at which arithmetic on sizes goes wrong.
    private static let edges: [UInt64] = [
        0, 1, 2, 7, 8, 15, 16, 23, 24, 25, 63, 64, 127, 128, 255, 256, 1023, 1024, 4095, 4096, 65_535, 65_536,
        1 << 20, (1 << 20) + 1, 1 << 24, 1 << 30, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 53,
        (1 << 53) + 1, 1 << 61, 1 << 62, (1 << 63) - 1, 1 << 63, .max - 1, .max,
    ]
    /// What stands in for a number in decimal digits.
    private static let decimals = [
        "0", "-0", "-1", "1", "1.5", "1e9", "1e99", "-1e999", "65536", "2147483647", "2147483648", "4294967296",
        "9007199254740993", "4611686018427387904", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551615", "18446744073709551616",
        "340282366920938463463374607431768211456",
        "0x10", "1_000", "+1", "NaN", "null", "true", "\"1\"", "[]", "{}", "",
    ]

    public init(seed: UInt64) { generator = SeededGenerator(seed) }

    /// A number of `range`, from the same sequence as the mutations.
    public mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    /// The bytes with one to four mutations, most often one; now and then they come back unchanged.
    public mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var mutated = bytes
        var count = 1
        while count < 4, pick(0...2) == 0 { count += 1 }
        for _ in 0..<count { mutateOnce(&mutated) }
        if mutated.count > Self.sizeLimit { mutated.removeLast(mutated.count - Self.sizeLimit) }
        remember(bytes)
        return mutated
    }

    /// The bytes cut at random places into pieces, which may be empty.
    public mutating func cut(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        if pick(0...9) == 0 { return bytes.indices.map { bytes[$0...$0] } }
        let inner = (0..<pick(0...8)).map { _ in pick(0...bytes.count) }.sorted()
        return zip([0] + inner, inner + [bytes.count]).map { bytes[$0..<$1] }
    }

    private mutating func remember(_ bytes: [UInt8]) {
        guard bytes.count <= Self.sizeLimit else { return }
        if pool.count < Self.poolLimit {
            pool.append(bytes)
        } else if pick(0...7) == 0 {
            pool[pick(0...Self.poolLimit - 1)] = bytes
        }
    }

    private mutating func mutateOnce(_ bytes: inout [UInt8]) {
        switch pick(0...11) {
        case 0, 1: flipBit(&bytes)
        case 2: replaceByte(&bytes)
        case 3, 4: overwriteInteger(&bytes)
        case 5: replaceDecimal(&bytes)
        case 6: bytes.removeLast(pick(0...bytes.count))
        case 7: bytes.removeSubrange(slice(of: bytes.count))
        case 8: insertNoise(&bytes)
        case 9: duplicateSlice(&bytes)
        case 10: splice(&bytes)
        default: swapSlices(&bytes)
        }
    }

    /// Short slices are likelier than long ones.
    private mutating func slice(of count: Int) -> Range<Int> {
        let length = min(count, pick(0...1) == 0 ? pick(0...8) : pick(0...count))
        let start = pick(0...count - length)
        return start..<start + length
    }

    private mutating func flipBit(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        bytes[pick(0...bytes.count - 1)] ^= 1 << UInt8(pick(0...7))
    }

    private mutating func replaceByte(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let special: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x5C, 0x2C, 0x0A, 0x1B, 0xC3, 0xED]
        bytes[pick(0...bytes.count - 1)] =
            pick(0...1) == 0 ? special[pick(0...special.count - 1)] : UInt8(pick(0...255))
    }

    /// Writes an integer at an edge, in 1, 2, 4 or 8 bytes, over what is there.
    private mutating func overwriteInteger(_ bytes: inout [UInt8]) {
        let width = 1 << pick(0...3)
        guard bytes.count >= width else { return }
        let value = Self.edges[pick(0...Self.edges.count - 1)]
        let start = pick(0...bytes.count - width)
        let isBig = pick(0...3) == 0
        for index in 0..<width {
            bytes[start + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBig ? width - 1 - index : index)))
        }
    }

    /// Puts another number in the place of one run of decimal digits, as JSON has them.
    private mutating func replaceDecimal(_ bytes: inout [UInt8]) {
        let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
        let starts = bytes.indices.filter { isDigit(bytes[$0]) && ($0 == 0 || !isDigit(bytes[$0 - 1])) }
        guard !starts.isEmpty else { return flipBit(&bytes) }
        let start = starts[pick(0...starts.count - 1)]
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Self.decimals[pick(0...Self.decimals.count - 1)].utf8)
    }

    private mutating func insertNoise(_ bytes: inout [UInt8]) {
        let count = pick(1...(pick(0...3) == 0 ? 300 : 8))
        let noise: [UInt8]
        if pick(0...1) == 0 {
            noise = [UInt8](repeating: UInt8(pick(0...255)), count: count)
        } else {
            noise = (0..<count).map { _ in UInt8(pick(0...255)) }
        }
        bytes.insert(contentsOf: noise, at: pick(0...bytes.count))
    }

    private mutating func duplicateSlice(_ bytes: inout [UInt8]) {
        let copied = Array(bytes[slice(of: bytes.count)])
        let repetitions = pick(0...7) == 0 ? pick(2...40) : 1
        let place = pick(0...bytes.count)
        for _ in 0..<repetitions { bytes.insert(contentsOf: copied, at: place) }
    }

    /// A beginning of these bytes and an end of earlier ones, or a part of earlier ones within these.
    private mutating func splice(_ bytes: inout [UInt8]) {
        guard !pool.isEmpty else { return flipBit(&bytes) }
        let other = pool[pick(0...pool.count - 1)]
        if pick(0...1) == 0 {
            bytes = Array(bytes[..<pick(0...bytes.count)]) + other[pick(0...other.count)...]
        } else {
            bytes.replaceSubrange(slice(of: bytes.count), with: other[slice(of: other.count)])
        }
    }

    private mutating func swapSlices(_ bytes: inout [UInt8]) {
        let cuts = (0..<3).map { _ in pick(0...bytes.count) }.sorted()
        bytes = Array(bytes[..<cuts[0]] + bytes[cuts[1]..<cuts[2]] + bytes[cuts[0]..<cuts[1]] + bytes[cuts[2]...])
    }
}

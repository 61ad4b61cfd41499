/// Puts bytes that come in pieces together to characters, as if all had been decoded at once: what can be no character
/// becomes U+FFFD.
struct CharacterAssembler {
    private var pending: [UInt8] = []

    /// The characters that are whole with these bytes, in UTF-8.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        pending.append(contentsOf: bytes)
        let held = Self.beginning(endOf: pending)
        let text = Self.repaired(pending.dropLast(held))
        pending.removeFirst(pending.count - held)
        return text
    }

    /// What stands for a character that never got its end.
    mutating func finish() -> [UInt8] {
        defer { pending = [] }
        return Self.repaired(pending[...])
    }

    private static func repaired(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).utf8)
    }

    /// How many bytes at the end may be the beginning of one character.
    private static func beginning(endOf bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let lead = bytes[bytes.count - length]
            if lead & 0xC0 == 0x80 { continue }
            let whole =
                switch lead {
                case 0xC2...0xDF: 2
                case 0xE0...0xEF: 3
                case 0xF0...0xF4: 4
                default: 0
                }
            guard whole > length else { return 0 }
            if length == 1 { return 1 }
            // Some second bytes make no character of any length.
            let second = bytes[bytes.count - length + 1]
            let range: ClosedRange<UInt8> =
                switch lead {
                case 0xE0: 0xA0...0xBF
                case 0xED: 0x80...0x9F
                case 0xF0: 0x90...0xBF
                case 0xF4: 0x80...0x8F
                default: 0x80...0xBF
                }
            return range.contains(second) ? length : 0
        }
        return 0
    }
}

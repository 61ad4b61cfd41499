/// GPT-2's alphabet, in which every byte is a visible character.
struct ByteAlphabet: Sendable {
    /// The character of each byte.
    let characters: [UInt32]
    /// The byte of each character, or -1; by the character's number.
    private let bytes: [Int16]

    init() {
        var (characters, bytes) = ([UInt32](), [Int16](repeating: -1, count: 512))
        var hidden: UInt32 = 256
        for byte in UInt8.min...UInt8.max {
            let isVisible = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
            characters.append(isVisible ? UInt32(byte) : hidden)
            if !isVisible { hidden += 1 }
            bytes[Int(characters[Int(byte)])] = Int16(byte)
        }
        self.characters = characters
        self.bytes = bytes
    }

    /// A text in which every character stands for a byte of this one.
    func written(_ text: ArraySlice<UInt32>) -> [UInt32] { text.utf8.map { characters[Int($0)] } }

    /// The bytes of a token, or nil if it has a character that stands for none.
    func read(_ token: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(token.count)
        for scalar in String(decoding: token, as: UTF8.self).unicodeScalars {
            guard scalar.value < 512, bytes[Int(scalar.value)] >= 0 else { return nil }
            result.append(UInt8(bytes[Int(scalar.value)]))
        }
        return result
    }
}

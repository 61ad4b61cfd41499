import SottoTokenization
import Testing

@Suite struct ByteTokenizerTests {
    @Test func tokensAreTheBytesOfTheText() throws {
        let tokenizer = ByteTokenizer()
        #expect(tokenizer.encode("aé€😀\n") == [97, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 10])
        #expect(tokenizer.encode("").isEmpty)
        for text in ["", "plain", "aé€😀\n\0", "e\u{301}"] {
            let decoded = try tokenizer.decode(tokenizer.encode(text))
            #expect(Array(decoded.unicodeScalars) == Array(text.unicodeScalars))
        }
    }

    @Test func incompleteCharactersDecodeToReplacements() throws {
        let tokens = ByteTokenizer().encode("a€")
        #expect(try ByteTokenizer().decode(Array(tokens.dropLast())) == "a\u{FFFD}")
        #expect(try ByteTokenizer().decode([0xFF, 65, 0x80]) == "\u{FFFD}A\u{FFFD}")
    }

    @Test func everyByteDecodes() throws {
        #expect(try ByteTokenizer().decode(Array(0..<256)).unicodeScalars.count > 128)
    }

    @Test(arguments: [256, -1, .max, .min]) func otherIdsAreRefused(token: Int) {
        #expect(throws: TokenizerError.unknownToken(token, vocabulary: 256)) {
            try ByteTokenizer().decode([65, token])
        }
    }
}

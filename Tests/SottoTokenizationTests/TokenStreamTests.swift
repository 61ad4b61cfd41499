import SottoTokenization
import TestSupport
import Testing

@Suite struct TokenStreamTests {
    private static let tokenizers: [any Tokenizer] = {
        let fixtures: [any Tokenizer] = TokenizerFixture.all.compactMap { try? $0.tokenizer() }
        return fixtures + [ByteTokenizer()]
    }()

    /// What streams is the decoded text, whatever the ids, and no piece ends within a character.
    @Test func piecesAreTheWhole() throws {
        #expect(Self.tokenizers.count == TokenizerFixture.all.count + 1)
        var generator = SeededGenerator(Fuzzing.seed(41))
        for tokenizer in Self.tokenizers {
            for _ in 0..<(300 * Fuzzing.factor) {
                let ids = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                    Int.random(in: 0..<tokenizer.vocabulary, using: &generator)
                }
                var stream = tokenizer.makeStream()
                var text = ""
                for id in ids { text += try stream.append(id) }
                text += stream.finish()
                #expect(try text.utf8.elementsEqual(tokenizer.decode(ids).utf8), "\(ids)")
            }
        }
    }

    @Test func wholeCharactersAloneAreGiven() throws {
        let text = "é漢😀 e\u{301}👨‍👩‍👧"
        for tokenizer in Self.tokenizers.filter({ $0.vocabulary == 256 || $0.vocabulary > 380 }) {
            let ids = tokenizer.encode(text)
            guard try tokenizer.decode(ids) == text else { continue }
            var stream = tokenizer.makeStream()
            for id in ids { #expect(try !stream.append(id).contains("\u{FFFD}")) }
            #expect(!stream.finish().contains("\u{FFFD}"))
        }
    }

    @Test func bytesThatAreNoCharacterAreReplacedOneByOne() throws {
        var stream = ByteTokenizer().makeStream()
        #expect(try stream.append(0xF0) == "" && stream.append(0x9F) == "" && stream.append(0x41) == "\u{FFFD}A")
        #expect(try stream.append(0xFF) == "\u{FFFD}" && stream.append(0xE2) == "" && stream.append(0x82) == "")
        #expect(stream.finish() == "\u{FFFD}" && stream.finish() == "")
    }

    @Test func aCompletionKeepsTheSpaceBeforeIt() throws {
        let tokenizer = try TokenizerFixture(description: "llama2").tokenizer()
        let (prompt, completion) = (
            tokenizer.encode("The server"), tokenizer.encode(" learns", addsSpecialTokens: false)
        )
        let texts = try tokenizer.texts(prompt: prompt, completion: completion)
        #expect(texts.prompt == "The server" && texts.completion == "  learns")
        // A prompt's last character may be the completion's.
        let bytes = Array("aé".utf8).map(Int.init)
        let split = try ByteTokenizer().texts(prompt: [bytes[0], bytes[1]], completion: [bytes[2], 0x21])
        #expect(split.prompt == "a" && split.completion == "é!")
    }
}

import Foundation
import SottoTokenization
import Testing

/// Ids and texts of small tokenizers against those that Hugging Face's library gave.
@Suite struct StoredCaseTests {
    @Test(arguments: TokenizerFixture.all) func idsAndTextsAreTheLibrarys(fixture: TokenizerFixture) throws {
        let tokenizer = try fixture.tokenizer()
        try fixture.expectation().expectEqual(tokenizer, on: TokenizerFixture.texts(), "\(fixture)")
    }

    @Test(arguments: TokenizerFixture.all) func aDefinitionReadsBackAsItself(fixture: TokenizerFixture) throws {
        let definition = try fixture.tokenizer().definition
        let read = try #require(try TokenizerDefinition.tokenizer(definition) as? BytePairTokenizer)
        #expect(read.definition == definition)
        try fixture.expectation().expectEqual(read, on: TokenizerFixture.texts(), "\(fixture)")
    }

    @Test func otherTokenizersHaveOtherDefinitions() throws {
        var definitions = Set(try TokenizerFixture.all.map { try $0.tokenizer().definition })
        definitions.insert(ByteTokenizer().definition)
        #expect(definitions.count == TokenizerFixture.all.count + 1)
        #expect(try TokenizerDefinition.tokenizer(ByteTokenizer().definition) is ByteTokenizer)
    }

    @Test func allBytesComeBackFromBytesAsCharacters() throws {
        // Byte-level tokenizers lose nothing of any text.
        for name in ["gpt2", "smollm", "llama3"] {
            let tokenizer = try TokenizerFixture(description: name).tokenizer()
            for text in TokenizerFixture.randomTexts(300, seed: 9) {
                let ids = tokenizer.encode(text, addsSpecialTokens: false)
                let decoded = try tokenizer.decode(ids, skipsSpecialTokens: false)
                #expect(decoded.utf8.elementsEqual(text.utf8), "\(name): \(text.debugDescription)")
            }
        }
    }

    @Test func unknownIdsAreErrors() throws {
        let tokenizer = try TokenizerFixture(description: "llama3").tokenizer()
        let size = tokenizer.vocabulary
        #expect(size == 443)
        for id in [-1, size, Int.max, Int.min] {
            #expect(throws: TokenizerError.unknownToken(id, vocabulary: size)) { try tokenizer.decode([0, id]) }
            var stream = tokenizer.makeStream()
            #expect(throws: TokenizerError.unknownToken(id, vocabulary: size)) { try stream.append(id) }
        }
    }

    /// A run of a million characters takes a second or two even without optimisation of the tests.
    @Test(arguments: ["gpt2", "llama2", "splits", "gpt4o"]) func longRunsTakeNoLonger(name: String) throws {
        let tokenizer = try TokenizerFixture(description: name).tokenizer()
        let count = 200_000
        for piece in ["a", " ", "\n", "ab", "漢", "'", "1", "e\u{301}"] {
            let text = String(repeating: piece, count: count) + "x"
            let time = try ContinuousClock().measure { _ = try tokenizer.decode(tokenizer.encode(text)) }
            #expect(time < .seconds(60), "\(name): \(piece.debugDescription)")
        }
    }
}

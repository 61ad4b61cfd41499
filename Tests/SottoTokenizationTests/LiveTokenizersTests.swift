import Foundation
import SottoTokenization
import TestSupport
import Testing

/// The tokenizers against Hugging Face's library, running beside.
@Suite(.enabled(HuggingFaceTokenizers.notice) { HuggingFaceTokenizers.isAvailable() })
struct LiveTokenizersTests {
    private func withScratch(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sotto-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory)
    }

    @Test func gpt2WithItsOwnVocabulary() throws {
        try withScratch { scratch in
            for (ours, theirs) in [("vocab.json", "encoder.json"), ("merges.txt", "vocab.bpe")] {
                try FileManager.default.copyItem(
                    at: HuggingFaceTokenizers.gpt2.appendingPathComponent(theirs),
                    to: scratch.appendingPathComponent(ours))
            }
            let tokenizer = try #require(try TokenizerDirectory(scratch).tokenizer() as? BytePairTokenizer)
            #expect(tokenizer.vocabulary == 50257)
            #expect(tokenizer.encode("Hello world") == [15496, 995])
            let seed = Fuzzing.seed(21)
            let texts = try TokenizerFixture.texts() + TokenizerFixture.randomTexts(1500 * Fuzzing.factor, seed: seed)
            let expected = try HuggingFaceTokenizers.expectation(
                scratch, texts: texts, seed: Int(truncatingIfNeeded: seed), in: scratch)
            try expected.expectEqual(tokenizer, on: texts, "GPT-2")
        }
    }

    /// Also the canonical form, which the library reads as it reads the file.
    @Test(arguments: TokenizerFixture.all) func randomTexts(fixture: TokenizerFixture) throws {
        try withScratch { scratch in
            let tokenizer = try fixture.tokenizer()
            let seed = Fuzzing.seed(22)
            let texts = TokenizerFixture.randomTexts(1000 * Fuzzing.factor, seed: seed)
            try HuggingFaceTokenizers.expectation(
                fixture.directory, texts: texts, seed: Int(truncatingIfNeeded: seed), in: scratch
            ).expectEqual(tokenizer, on: texts, "\(fixture)")
            let canonical = scratch.appendingPathComponent("canonical", isDirectory: true)
            try FileManager.default.createDirectory(at: canonical, withIntermediateDirectories: true)
            try Data(tokenizer.definition).write(to: canonical.appendingPathComponent("tokenizer.json"))
            try HuggingFaceTokenizers.expectation(
                canonical, texts: texts, seed: Int(truncatingIfNeeded: seed), in: scratch
            ).expectEqual(tokenizer, on: texts, "\(fixture), canonical")
        }
    }
}

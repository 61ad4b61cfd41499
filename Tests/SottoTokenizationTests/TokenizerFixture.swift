import Foundation
import SottoTokenization
import TestSupport
import Testing

/// A small tokenizer, and what Hugging Face's library makes of the texts with it; made by `Reference/make_fixtures.py`.
struct TokenizerFixture: Sendable, CustomStringConvertible {
    let description: String

    static let all = [
        "gpt2", "smollm", "llama3", "gpt4o", "llama2", "metaspace", "metaspace_whole", "splits",
    ].map(TokenizerFixture.init(description:))

    /// What the library answered to a request.
    struct Expectation: Decodable {
        let ids: [[Int]]
        /// Without the tokens that every text has.
        let plain: [[Int]]
        let texts: [String]
        /// With special tokens.
        let allTexts: [String]
        let randomIds: [[Int]]
        let randomTexts: [String]

        init(contentsOf url: URL) throws {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            self = try decoder.decode(Self.self, from: Data(contentsOf: url))
        }

        /// Compares everything, in texts byte by byte.
        func expectEqual(_ tokenizer: BytePairTokenizer, on texts: [String], _ name: String) throws {
            try #require(ids.count == texts.count)
            for (index, text) in texts.enumerated() {
                let shown = "\(name): \(text.prefix(60).debugDescription)"
                #expect(tokenizer.encode(text) == ids[index], "\(shown)")
                #expect(tokenizer.encode(text, addsSpecialTokens: false) == plain[index], "\(shown)")
                #expect(Self.same(try tokenizer.decode(ids[index]), self.texts[index]), "\(shown)")
                let all = try tokenizer.decode(ids[index], skipsSpecialTokens: false)
                #expect(Self.same(all, allTexts[index]), "\(shown)")
                #expect(Self.same(try Self.streamed(ids[index], tokenizer), self.texts[index]), "\(shown)")
            }
            for (ids, text) in zip(randomIds, randomTexts) {
                #expect(Self.same(try tokenizer.decode(ids), text), "\(name): \(ids)")
                #expect(Self.same(try Self.streamed(ids, tokenizer), text), "\(name): \(ids)")
            }
        }

        static func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

        static func streamed(_ ids: [Int], _ tokenizer: some Tokenizer) throws -> String {
            var stream = tokenizer.makeStream()
            var text = ""
            for id in ids { text += try stream.append(id) }
            return text + stream.finish()
        }
    }

    static let data = (Bundle.module.resourceURL ?? Bundle.module.bundleURL)
        .appendingPathComponent("Data", isDirectory: true)

    static func texts() throws -> [String] {
        try JSONDecoder().decode([String].self, from: Data(contentsOf: data.appendingPathComponent("texts.json")))
    }

    var directory: URL { Self.data.appendingPathComponent(description, isDirectory: true) }

    func json() throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appendingPathComponent("tokenizer.json")))
    }

    func tokenizer() throws -> BytePairTokenizer { try BytePairTokenizer(json: json()) }

    func expectation() throws -> Expectation {
        try Expectation(contentsOf: directory.appendingPathComponent("expected.json"))
    }

    /// Texts of characters that tokenizers get wrong, put together at random.
    static func randomTexts(_ count: Int, seed: UInt64) -> [String] {
        var generator = SeededGenerator(seed)
        let pools: [ClosedRange<UInt32>] = [
            0...0x20, 0x20...0x7E, 0x27...0x7A, 0x80...0x24F, 0x300...0x36F, 0x370...0x5FF, 0x900...0xDFF,
            0x1100...0x11FF, 0x2000...0x206F, 0x2150...0x21FF, 0x3000...0x30FF, 0x4E00...0x4FFF, 0xAC00...0xACFF,
            0xF900...0xFAFF, 0xFE00...0xFFFF, 0x1D400...0x1D7FF, 0x1F300...0x1F6FF, 0...0x10FFFF,
        ]
        let fragments = [
            "<|endoftext|>", "<s>", "</s>", "<unk>", "<tool>", "wort", "  ", "'s", "'LL", "<0x41>", "\u{2581}", "für",
            "é!", "\r\n", "\t",
        ]
        return (0..<count).map { _ in
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                if Int.random(in: 0...4, using: &generator) == 0 {
                    text.append(contentsOf: fragments.randomElement(using: &generator)!.unicodeScalars)
                    continue
                }
                let pool = pools.randomElement(using: &generator)!
                for _ in 0..<Int.random(in: 1...12, using: &generator) {
                    if let scalar = Unicode.Scalar(UInt32.random(in: pool, using: &generator)) { text.append(scalar) }
                }
            }
            return String(text)
        }
    }
}

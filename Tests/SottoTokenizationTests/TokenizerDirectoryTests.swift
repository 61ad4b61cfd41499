import Foundation
import SottoTokenization
import Testing

@Suite struct TokenizerDirectoryTests {
    private func with(_ files: [String: String], _ body: (TokenizerDirectory) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sotto-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files {
            try Data(text.utf8).write(to: directory.appendingPathComponent(name))
        }
        try body(TokenizerDirectory(directory))
    }

    private static let vocabulary = #"{"a":0,"b":1,"ab":2,"<|endoftext|>":3,"Ġ":4}"#
    private static let merges = "#version: 0.2\na b\n"
    private static let files = ["vocab.json": vocabulary, "merges.txt": merges]

    @Test func twoFilesAreOneTokenizer() throws {
        try with(Self.files) { directory in
            let tokenizer = try #require(try directory.tokenizer())
            #expect(tokenizer.vocabulary == 5)
            #expect(tokenizer.encode("ab a<|endoftext|>") == [2, 4, 0, 3])
            #expect(try tokenizer.decode([2, 4, 0, 3]) == "ab a")
            // The same in one file is the same tokenizer.
            try with(["tokenizer.json": String(decoding: tokenizer.definition, as: UTF8.self)]) { other in
                let read = try other.tokenizer()
                #expect(read?.definition == tokenizer.definition)
            }
        }
    }

    @Test func aDirectoryWithoutFilesHasNone() throws {
        try with([:]) { directory in
            let tokenizer = try directory.tokenizer()
            #expect(tokenizer == nil)
        }
        for name in ["vocab.json", "merges.txt"] {
            try with([name: Self.files[name]!]) { directory in
                let error = #expect(throws: TokenizerError.self) { try directory.tokenizer() }
                guard case .missing? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test func theConfigurationIsHeeded() throws {
        let configuration = #"{"tokenizer_class":"GPT2Tokenizer","add_prefix_space":true,"bos_token":{"content":"b"}}"#
        try with(Self.files.merging(["tokenizer_config.json": configuration]) { $1 }) { directory in
            let tokenizer = try #require(try directory.tokenizer())
            #expect(tokenizer.encode("a") == [4, 0])
            #expect(try tokenizer.decode([0, 1, 0]) == "aa")
        }
    }

    @Test(arguments: [
        ("tokenizer_config.json", #"{"tokenizer_class":"Qwen2Tokenizer"}"#),
        ("tokenizer_config.json", #"{"add_bos_token":true}"#), ("tokenizer_config.json", #"{"bos_token":"<s>"}"#),
        ("tokenizer_config.json", #"{"bos_token":1}"#), ("tokenizer_config.json", "[]"), ("added_tokens.json", "{}"),
        ("merges.txt", "a b c"), ("merges.txt", "a x"), ("vocab.json", "[]"), ("vocab.json", "{"),
    ]) func whatTheFilesLeaveOpenIsRefused(name: String, text: String) throws {
        try with(Self.files.merging([name: text]) { $1 }) { directory in
            #expect(throws: TokenizerError.self) { try directory.tokenizer() }
        }
    }

    @Test func aFileThatIsADirectoryIsUnreadable() throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sotto-\(UUID().uuidString)", isDirectory: true)
        let inner = directory.appendingPathComponent("tokenizer.json", isDirectory: true)
        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(throws: TokenizerError.self) { try TokenizerDirectory(directory).tokenizer() }
    }
}

import Foundation
import SottoJSON

/// A directory that may hold the files of a tokenizer, in Hugging Face's layout.
public struct TokenizerDirectory: Sendable {
    private let url: URL

    public init(_ url: URL) { self.url = url }

    /// The tokenizer of `tokenizer.json`, or of `vocab.json` and `merges.txt`; nil if none of these is there.
    /// - Throws: ``TokenizerError``.
    public func tokenizer() throws(TokenizerError) -> (any Tokenizer)? {
        if let json = try content(of: "tokenizer.json") { return try BytePairTokenizer(json: json) }
        switch (try content(of: "vocab.json"), try content(of: "merges.txt")) {
        case (nil, nil): return nil
        case (let vocabulary?, let merges?): return try gpt2(vocabulary: vocabulary, merges: merges)
        default: throw .missing(path: url.path)
        }
    }

    /// The bytes of a file, or nil if it is not there.
    private func content(of name: String) throws(TokenizerError) -> [UInt8]? {
        let path = url.appendingPathComponent(name).path
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        var bytes: [UInt8] = []
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            while bytes.count <= TokenizerDefinition.byteLimit, let next = try file.read(upToCount: 1 << 20),
                !next.isEmpty
            {
                bytes += next
            }
        } catch {
            throw .unreadable(path: path)
        }
        guard bytes.count <= TokenizerDefinition.byteLimit else {
            throw .tooLarge(file: path, limit: TokenizerDefinition.byteLimit)
        }
        return bytes
    }

    // MARK: GPT-2's files

    private static let endOfText = "<|endoftext|>"
    private static let specialKeys = ["bos_token", "eos_token", "unk_token", "pad_token"]
    /// Classes whose two files say everything.
    private static let classes: Set<String> = [
        "GPT2Tokenizer", "GPT2TokenizerFast", "CodeGenTokenizer", "CodeGenTokenizerFast",
    ]

    private func gpt2(vocabulary: [UInt8], merges: [UInt8]) throws(TokenizerError) -> any Tokenizer {
        if FileManager.default.fileExists(atPath: url.appendingPathComponent("added_tokens.json").path) {
            throw .unsupported(
                file: url.path, setting: "added_tokens.json", value: "beside vocab.json",
                supported: "a tokenizer.json that has its tokens")
        }
        let reader = TokenizerReader(file: "tokenizer_config.json")
        var configuration = JSONValue.object([])
        if let json = try content(of: "tokenizer_config.json") { configuration = try reader.document(json) }
        if let name = configuration[key: "tokenizer_class"], name != .null {
            guard case .string(let name) = name, Self.classes.contains(name) else {
                throw reader.unsupported("tokenizer_class", name.summary, "GPT2Tokenizer, or beside a tokenizer.json")
            }
        }
        if try reader.flag(configuration, "add_bos_token", default: false, "the tokenizer") {
            throw reader.unsupported("add_bos_token", "true", "false, or beside a tokenizer.json")
        }
        return try BytePairTokenizer(
            vocabulary: vocabulary, merges: merges,
            special: specialTokens(configuration, in: vocabulary, reader),
            addsPrefixSpace: reader.flag(configuration, "add_prefix_space", default: false, "the tokenizer"))
    }

    /// What the configuration calls a special token; GPT-2's own where it calls none so.
    private func specialTokens(
        _ configuration: JSONValue, in vocabulary: [UInt8], _ reader: TokenizerReader
    ) throws(TokenizerError) -> [String] {
        var special: [String] = []
        for key in Self.specialKeys {
            let value = configuration[key: key] ?? .null
            if value == .null { continue }
            guard case .string(let content) = value[key: "content"] ?? value else {
                throw reader.malformed("\(key) is no token")
            }
            if !special.contains(where: { $0.isSame(as: content) }) { special.append(content) }
        }
        guard special.isEmpty else { return special }
        let known = try TokenizerReader(file: "vocab.json").vocabulary(reader.document(vocabulary))
        return known.id(of: Array(Self.endOfText.utf8)) == nil ? [] : [Self.endOfText]
    }
}

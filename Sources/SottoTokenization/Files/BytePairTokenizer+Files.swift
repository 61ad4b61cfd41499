import Foundation
import SottoJSON

extension BytePairTokenizer {
    private static let keys: Set<String> = [
        "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
        "model",
    ]

    /// Reads a `tokenizer.json`.
    /// - Parameter file: what errors call it.
    /// - Throws: ``TokenizerError``.
    public init(json: [UInt8], file: String = "tokenizer.json") throws(TokenizerError) {
        let reader = TokenizerReader(file: file)
        let document = try reader.document(json)
        try reader.check(document, "it", keys: Self.keys)
        if let version = document[key: "version"], version != .string("1.0") {
            throw reader.unsupported("version", version.summary, "\"1.0\"")
        }
        for key in ["truncation", "padding"] {
            guard let value = document[key: key], value != .null else { continue }
            throw reader.unsupported(key, value.summary, "null")
        }
        let model = try reader.model(document[key: "model"])
        let normalizer = try reader.normalizer(document[key: "normalizer"])
        let preTokenizer = try reader.preTokenizer(document[key: "pre_tokenizer"])
        let decoder = try reader.decoder(document[key: "decoder"])
        try reader.checkWork(normalizer, preTokenizer, decoder)
        let added = try reader.addedTokens(document[key: "added_tokens"], model.vocabulary, normalizer)
        let vocabulary = model.vocabulary.tokens.count + added.count { $0.id >= model.vocabulary.tokens.count }
        self.init(
            model: model, addedTokens: added, normalizer: normalizer,
            preTokenizer: preTokenizer,
            postProcessor: try reader.postProcessor(document[key: "post_processor"], vocabulary: vocabulary),
            decoder: decoder)
    }

    /// Reads GPT-2's two files.
    /// - Parameters:
    ///   - special: tokens of the vocabulary that have no place in decoded text.
    ///   - addsPrefixSpace: whether a text that begins with no space gets one.
    /// - Throws: ``TokenizerError``.
    public init(
        vocabulary json: [UInt8], merges text: [UInt8], special: [String] = [], addsPrefixSpace: Bool = false
    ) throws(TokenizerError) {
        let reader = TokenizerReader(file: "vocab.json")
        let vocabulary = try reader.vocabulary(reader.document(json))
        let mergeReader = TokenizerReader(file: "merges.txt")
        var pairs: [(left: [UInt8], right: [UInt8])] = []
        guard String(validating: text, as: UTF8.self) != nil else { throw mergeReader.malformed("it is not UTF-8") }
        for line in text.split(separator: 0x0A) {
            let line = line.last == 0x0D ? line.dropLast() : line
            if line.isEmpty || line.starts(with: "#version".utf8) { continue }
            pairs.append(try mergeReader.pair(line: line))
        }
        var added: [AddedToken] = []
        for content in special {
            guard let id = vocabulary.id(of: Array(content.utf8)), !added.contains(where: { $0.id == id }) else {
                throw reader.malformed("it lacks the special token \(content.quoted), or that is named twice")
            }
            added.append(
                AddedToken(
                    id: id, content: content, isSpecial: true, stripsBefore: false, stripsAfter: false,
                    isSingleWord: false, isNormalized: false))
        }
        self.init(
            model: BytePairEncoding(
                vocabulary: vocabulary, merges: try mergeReader.merges(pairs, vocabulary), options: .init()),
            addedTokens: added.sorted { $0.id < $1.id }, normalizer: nil,
            preTokenizer: try reader.byteLevel(addsPrefixSpace: addsPrefixSpace, usesPattern: true),
            postProcessor: PostProcessor(), decoder: [.byteLevel])
    }
}

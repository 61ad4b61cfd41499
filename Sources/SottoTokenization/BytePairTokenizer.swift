/// Byte-pair encoding as Hugging Face's `tokenizer.json` describes it, between the steps before and after.
///
/// Ids and texts are those of Hugging Face's library.
public struct BytePairTokenizer: Tokenizer {
    let model: BytePairEncoding
    let addedTokens: [AddedToken]
    let normalizer: Normalizer?
    let preTokenizer: PreTokenizer?
    let postProcessor: PostProcessor
    /// nil where the file has none, and tokens are set apart by spaces.
    let decoder: [DecoderStep]?
    private let alphabet = ByteAlphabet()
    /// Of tokens that are looked for in the text as it is, and in the normalized text.
    private let rawFinder: AddedTokenFinder
    private let normalizedFinder: AddedTokenFinder
    /// What ids stand for while they are decoded, nil for special tokens.
    private let texts: [[UInt8]?]

    public var vocabulary: Int { texts.count }

    /// - Parameter addedTokens: their ids go on where the model's end, or are the model's own.
    init(
        model: BytePairEncoding, addedTokens: [AddedToken], normalizer: Normalizer?, preTokenizer: PreTokenizer?,
        postProcessor: PostProcessor, decoder: [DecoderStep]?
    ) {
        self.model = model
        self.addedTokens = addedTokens
        self.normalizer = normalizer
        self.preTokenizer = preTokenizer
        self.postProcessor = postProcessor
        self.decoder = decoder
        func characters(_ token: AddedToken) -> [UInt32] {
            let content = token.content.scalarValues
            return token.isNormalized ? normalizer?.normalized(content) ?? content : content
        }
        rawFinder = AddedTokenFinder(addedTokens.filter { !$0.isNormalized }.map { ($0, characters($0)) })
        normalizedFinder = AddedTokenFinder(addedTokens.filter(\.isNormalized).map { ($0, characters($0)) })
        var texts: [[UInt8]?] = model.vocabulary.tokens
        let special = Set(addedTokens.filter(\.isSpecial).map { Array($0.content.utf8) })
        for token in addedTokens {
            if token.id >= texts.count { texts += Array(repeating: [], count: token.id + 1 - texts.count) }
            texts[token.id] = characters(token).utf8
        }
        self.texts = texts.map { text in text.flatMap { special.contains($0) ? nil : $0 } }
    }

    public func encode(_ text: String) -> [Int] { encode(text, addsSpecialTokens: true) }

    /// - Parameter addsSpecialTokens: whether the ids get those around them that every text has.
    public func encode(_ text: String, addsSpecialTokens: Bool) -> [Int] {
        var ids = addsSpecialTokens ? postProcessor.before : []
        let characters = text.scalarValues
        for part in rawFinder.parts(of: characters) {
            if let token = part.token {
                ids.append(token)
                continue
            }
            let original = Array(characters[part.range])
            encode(normalizer?.normalized(original) ?? original, isFirst: part.range.lowerBound == 0, into: &ids)
        }
        return addsSpecialTokens ? ids + postProcessor.after : ids
    }

    private func encode(_ text: [UInt32], isFirst: Bool, into ids: inout [Int]) {
        for part in normalizedFinder.parts(of: text) {
            if let token = part.token {
                ids.append(token)
                continue
            }
            let piece = PreTokenizer.Piece(
                text: text[part.range], isFirst: isFirst && part.range.lowerBound == 0)
            for word in preTokenizer?.split([piece], alphabet) ?? [piece] where !word.text.isEmpty {
                model.encode(word.text, into: &ids)
            }
        }
    }

    public func decode(_ tokens: [Int]) throws(TokenizerError) -> String {
        try decode(tokens, skipsSpecialTokens: true)
    }

    /// - Parameter skipsSpecialTokens: whether special tokens leave nothing in the text.
    public func decode(_ tokens: [Int], skipsSpecialTokens: Bool) throws(TokenizerError) -> String {
        var state = DecoderState(decoder ?? [.join], alphabet)
        var text: [UInt8] = []
        for token in tokens {
            guard let bytes = try bytes(of: token, skipsSpecialTokens: skipsSpecialTokens) else { continue }
            state.append(bytes, to: &text)
        }
        state.finish(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    public func makeStream() -> any TokenStream {
        Stream(tokenizer: self, state: DecoderState(decoder ?? [.join], alphabet))
    }

    /// What a token stands for while it is decoded, nil for one that is skipped.
    private func bytes(of token: Int, skipsSpecialTokens: Bool) throws(TokenizerError) -> [UInt8]? {
        guard texts.indices.contains(token) else {
            throw TokenizerError.unknownToken(token, vocabulary: vocabulary)
        }
        if let text = texts[token] { return text }
        guard !skipsSpecialTokens else { return nil }
        return addedTokens.first { $0.id == token }.map { Array($0.content.utf8) } ?? model.vocabulary.tokens[token]
    }

    private struct Stream: TokenStream {
        let tokenizer: BytePairTokenizer
        var state: DecoderState

        mutating func append(_ token: Int) throws(TokenizerError) -> String {
            var text: [UInt8] = []
            if let bytes = try tokenizer.bytes(of: token, skipsSpecialTokens: true) {
                state.append(bytes, to: &text)
            }
            return String(decoding: text, as: UTF8.self)
        }

        mutating func finish() -> String {
            var text: [UInt8] = []
            state.finish(to: &text)
            return String(decoding: text, as: UTF8.self)
        }
    }
}

/// Turns text into token ids and back.
public protocol Tokenizer: Sendable {
    /// The number of token ids: each is in `0..<vocabulary`.
    var vocabulary: Int { get }

    /// All that makes the ids, in one canonical form: equal tokenizers have equal definitions, whatever files they were
    /// read from. Parties compare its hash, and ``TokenizerDefinition`` reads it back.
    var definition: [UInt8] { get }

    /// The token ids of a text, with those that the tokenizer puts around every text.
    func encode(_ text: String) -> [Int]

    /// The text of token ids, without special tokens.
    ///
    /// Ids may end in the middle of a character, as they do while a completion grows; what is no text yet becomes
    /// U+FFFD.
    /// - Throws: ``TokenizerError/unknownToken(_:vocabulary:)``.
    func decode(_ tokens: [Int]) throws(TokenizerError) -> String

    /// A decoder for ids that come one after the other.
    func makeStream() -> any TokenStream
}

/// Decodes ids as they come: what it gives, put together, is what ``Tokenizer/decode(_:)`` gives of all of them.
public protocol TokenStream {
    /// The text that is certain with this id: never a part of a character.
    /// - Throws: ``TokenizerError/unknownToken(_:vocabulary:)``.
    mutating func append(_ token: Int) throws(TokenizerError) -> String

    /// What was held back for ids that did not come.
    mutating func finish() -> String
}

extension Tokenizer {
    /// A prompt's text and what its completion adds to it; together the text of all ids.
    ///
    /// A completion's own ids would not do: a text's first token may lose the space before it.
    /// - Throws: ``TokenizerError/unknownToken(_:vocabulary:)``.
    public func texts(
        prompt: [Int], completion: [Int]
    ) throws(TokenizerError) -> (prompt: String, completion: String) {
        let (whole, before) = (Array(try decode(prompt + completion).utf8), Array(try decode(prompt).utf8))
        if whole.starts(with: before) {
            return (String(decoding: before, as: UTF8.self), String(decoding: whole[before.count...], as: UTF8.self))
        }
        // The prompt ends within a character, which is then the completion's.
        var stream = makeStream()
        var certain = ""
        for token in prompt { certain += try stream.append(token) }
        return (certain, String(decoding: whole[certain.utf8.count...], as: UTF8.self))
    }
}

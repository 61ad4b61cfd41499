/// A tokenizer in its canonical form, as it is hashed and sent: ``ByteTokenizer``'s name, or a `tokenizer.json` in which
/// equal tokenizers have equal bytes.
public enum TokenizerDefinition {
    /// The most bytes of a definition, and of each file of a tokenizer.
    public static let byteLimit = 1 << 26

    static let bytes = "bytes"

    /// Reads a tokenizer back.
    /// - Throws: ``TokenizerError``.
    public static func tokenizer(_ definition: [UInt8]) throws(TokenizerError) -> any Tokenizer {
        if definition.elementsEqual(bytes.utf8) { return ByteTokenizer() }
        return try BytePairTokenizer(json: definition, file: "the tokenizer")
    }
}

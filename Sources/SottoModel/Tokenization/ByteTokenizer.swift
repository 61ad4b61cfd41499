/// One token for each byte of the text's UTF-8 form.
public struct ByteTokenizer: Tokenizer {
    public let vocabulary = 256

    public init() {}

    public func encode(_ text: String) -> [Int] {
        text.utf8.map(Int.init)
    }

    public func decode(_ tokens: [Int]) throws -> String {
        let bytes = try tokens.map { token in
            guard let byte = UInt8(exactly: token) else {
                throw TokenizerError.unknownToken(token, vocabulary: vocabulary)
            }
            return byte
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

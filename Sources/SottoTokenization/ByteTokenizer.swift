/// One token for each byte of the text's UTF-8 form.
public struct ByteTokenizer: Tokenizer {
    public let vocabulary = 256

    public init() {}

    public var definition: [UInt8] { Array(TokenizerDefinition.bytes.utf8) }

    public func encode(_ text: String) -> [Int] {
        text.utf8.map(Int.init)
    }

    public func decode(_ tokens: [Int]) throws(TokenizerError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tokens.count)
        for token in tokens { bytes.append(try byte(token)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    public func makeStream() -> any TokenStream { ByteStream(tokenizer: self) }

    fileprivate func byte(_ token: Int) throws(TokenizerError) -> UInt8 {
        guard let byte = UInt8(exactly: token) else {
            throw TokenizerError.unknownToken(token, vocabulary: vocabulary)
        }
        return byte
    }
}

private struct ByteStream: TokenStream {
    let tokenizer: ByteTokenizer
    private var characters = CharacterAssembler()

    init(tokenizer: ByteTokenizer) { self.tokenizer = tokenizer }

    mutating func append(_ token: Int) throws(TokenizerError) -> String {
        String(decoding: characters.append([try tokenizer.byte(token)]), as: UTF8.self)
    }

    mutating func finish() -> String { String(decoding: characters.finish(), as: UTF8.self) }
}

import SottoRandomness
import SottoTokenization
import SottoTransport

/// A tokenizer as sessions know it: by the hash of its definition.
public struct OfferedTokenizer: Sendable {
    public let tokenizer: any Tokenizer
    /// SHA-256 of its definition, in hexadecimal; what travels in a greeting.
    public let fingerprint: String
    /// What is sent to a client that asks for it.
    let definition: [UInt8]

    /// - Throws: `RandomnessError` if OpenSSL lacks the hash.
    public init(_ tokenizer: any Tokenizer) throws {
        self.tokenizer = tokenizer
        definition = tokenizer.definition
        fingerprint = try Self.fingerprint(of: definition)
    }

    static func fingerprint(of definition: [UInt8]) throws -> String {
        try Digest.sha256(definition).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The greeting's field, and what it has where there is no tokenizer.
    static let field = "tokenizer"
    static let none = "none"

    /// What a greeting says of a tokenizer.
    /// - Returns: nil if it is nothing that this version says.
    package static func offer(_ value: String?) -> (fingerprint: String?, isOne: Bool) {
        guard let value, value != none else { return (nil, true) }
        let isHash =
            value.utf8.count == 64 && value.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return (isHash ? value : nil, isHash)
    }
}

/// The client's request for the server's tokenizer; the answer is its definition.
struct TokenizerRequest: Codable, Sendable {
    let tokenizer: String

    /// A run's request is longer.
    private static let byteLimit = 128

    /// - Returns: nil if the bytes are another request.
    init?(json bytes: [UInt8]) {
        guard bytes.count <= Self.byteLimit, let request = try? UntrustedJSON.decode(Self.self, from: bytes) else {
            return nil
        }
        self = request
    }

    init(tokenizer: String) { self.tokenizer = tokenizer }
}

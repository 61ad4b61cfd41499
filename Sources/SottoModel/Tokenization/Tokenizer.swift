/// Turns text into token ids and back.
public protocol Tokenizer: Sendable {
    /// The number of token ids: each is in `0..<vocabulary`.
    var vocabulary: Int { get }

    /// The token ids of a text.
    func encode(_ text: String) -> [Int]

    /// The text of token ids.
    ///
    /// Ids may end in the middle of a character, as they do while a completion grows; what is no text yet becomes
    /// U+FFFD.
    /// - Throws: ``TokenizerError/unknownToken(_:vocabulary:)``.
    func decode(_ tokens: [Int]) throws -> String
}

/// Why token ids could not be turned into text.
public enum TokenizerError: Error, Equatable, CustomStringConvertible {
    /// The id is not in the vocabulary.
    case unknownToken(Int, vocabulary: Int)

    public var description: String {
        switch self {
        case .unknownToken(let token, let vocabulary):
            "There is no token \(token); token ids are 0 to \(vocabulary - 1)."
        }
    }
}

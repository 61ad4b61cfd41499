import SottoJSON

/// Why token ids could not be turned into text, or why the files of a tokenizer cannot be used.
public enum TokenizerError: Error, Equatable, CustomStringConvertible {
    /// The id is not in the vocabulary.
    case unknownToken(Int, vocabulary: Int)
    /// A file is there and cannot be read.
    case unreadable(path: String)
    /// A directory has no tokenizer.
    case missing(path: String)
    /// A file has more bytes than are read.
    case tooLarge(file: String, limit: Int)
    /// A file is not what its name says.
    case malformed(file: String, reason: String)
    /// A file asks for something that is not built.
    case unsupported(file: String, setting: String, value: String, supported: String)

    public var description: String {
        switch self {
        case .unknownToken(let token, let vocabulary):
            "There is no token \(token); token ids are 0 to \(vocabulary - 1)."
        case .unreadable(let path):
            "\(path) cannot be read; a tokenizer is a file tokenizer.json, or vocab.json and merges.txt."
        case .missing(let path):
            "\(path) holds no tokenizer; name a directory with tokenizer.json, or with vocab.json and merges.txt."
        case .tooLarge(let file, let limit):
            "\(file) has more than \(limit >> 20) MiB; no tokenizer that is supported needs that."
        case .malformed(let file, let reason):
            "\(file) cannot be used: \(reason)."
        case .unsupported(let file, let setting, let value, let supported):
            "\(file) has \(setting) \(value), which is not supported; use a tokenizer in which it is \(supported)."
        }
    }
}

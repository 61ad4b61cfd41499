import SottoJSON

extension TokenizerReader {
    private static let modelKeys: Set<String> = [
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
        "ignore_merges", "vocab", "merges",
    ]

    /// The model of a `tokenizer.json`.
    func model(_ value: JSONValue?) throws(TokenizerError) -> BytePairEncoding {
        guard let value else { throw malformed("it lacks \"model\"") }
        if let type = value[key: "type"], type != .string("BPE") {
            throw unsupported("a model of type", type.summary, "\"BPE\"")
        }
        try check(value, "the model", keys: Self.modelKeys)
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard let text = value[key: key], text != .null, text != .string("") else { continue }
            throw unsupported(key, text.summary, "null")
        }
        if let dropout = value[key: "dropout"], ![.null, .integer(0), .real(0)].contains(dropout) {
            throw unsupported("dropout", dropout.summary, "null")
        }
        let vocabulary = try vocabulary(value[key: "vocab"])
        var options = BytePairEncoding.Options()
        options.fusesUnknown = try flag(value, "fuse_unk", default: false, "the model")
        options.fallsBackToBytes = try flag(value, "byte_fallback", default: false, "the model")
        options.ignoresMerges = try flag(value, "ignore_merges", default: false, "the model")
        if let unknown = value[key: "unk_token"], unknown != .null {
            guard case .string(let text) = unknown, let id = vocabulary.id(of: Array(text.utf8)) else {
                throw malformed("unk_token \(unknown.summary) is not in the vocabulary")
            }
            options.unknown = id
        }
        var pairs: [(left: [UInt8], right: [UInt8])] = []
        for element in try list(value[key: "merges"], "\"merges\"") { pairs.append(try pair(element)) }
        return BytePairEncoding(
            vocabulary: vocabulary, merges: try merges(pairs, vocabulary), options: options)
    }

    /// Tokens and their ids, which must be 0, 1, 2 and so on.
    func vocabulary(_ value: JSONValue?) throws(TokenizerError) -> Vocabulary {
        guard case .object(let members)? = value else { throw malformed("its vocabulary is no object") }
        guard (1...Vocabulary.limit).contains(members.count) else {
            throw malformed("its vocabulary has \(members.count) tokens, and 1 to \(Vocabulary.limit) are supported")
        }
        var tokens = [[UInt8]?](repeating: nil, count: members.count)
        for member in members {
            guard case .integer(let id) = member.value, id >= 0 else {
                throw malformed("the token \(member.key.quoted) has no number for an id")
            }
            guard id < tokens.count else {
                throw malformed("its \(members.count) tokens have ids with gaps: \(member.key.quoted) is \(id)")
            }
            guard tokens[id] == nil else { throw malformed("two tokens have the id \(id)") }
            tokens[id] = Array(member.key.utf8)
        }
        guard let vocabulary = Vocabulary(tokens.compactMap { $0 }) else {
            throw malformed("a token occurs twice")
        }
        return vocabulary
    }

    /// A merge, as a text with a space or as a list of two.
    private func pair(_ value: JSONValue) throws(TokenizerError) -> (left: [UInt8], right: [UInt8]) {
        switch value {
        case .string(let text): return try pair(line: Array(text.utf8))
        case .array(let elements):
            if elements.count == 2, case .string(let left) = elements[0], case .string(let right) = elements[1] {
                return (Array(left.utf8), Array(right.utf8))
            }
        default: break
        }
        throw malformed("the merge \(value.summary) is not of two tokens")
    }

    func pair(line: some Collection<UInt8>) throws(TokenizerError) -> (left: [UInt8], right: [UInt8]) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw malformed("the merge \(String(decoding: line, as: UTF8.self).quoted) is not of two tokens")
        }
        return (Array(parts[0]), Array(parts[1]))
    }

    func merges(
        _ pairs: [(left: [UInt8], right: [UInt8])], _ vocabulary: Vocabulary
    ) throws(TokenizerError) -> [UInt64: BytePairEncoding.Merge] {
        func id(_ token: [UInt8]) throws(TokenizerError) -> UInt32 {
            guard let id = vocabulary.id(of: token) else {
                throw malformed(
                    "a merge has \(String(decoding: token, as: UTF8.self).quoted), which is not in the vocabulary")
            }
            return UInt32(id)
        }
        var merges: [UInt64: BytePairEncoding.Merge] = [:]
        merges.reserveCapacity(pairs.count)
        for (rank, pair) in pairs.enumerated() {
            let key = BytePairEncoding.pair(try id(pair.left), try id(pair.right))
            merges[key] = .init(rank: UInt32(rank), result: try id(pair.left + pair.right))
        }
        return merges
    }

    // MARK: Added tokens

    private static let addedKeys: Set<String> = [
        "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special",
    ]

    /// Ids of tokens that the model does not have go on where its own end.
    func addedTokens(
        _ value: JSONValue?, _ vocabulary: Vocabulary, _ normalizer: Normalizer?
    ) throws(TokenizerError) -> [AddedToken] {
        guard let value, value != .null else { return [] }
        var tokens: [AddedToken] = []
        var known: Set<[UInt8]> = []
        var sought: Set<[UInt32]> = []
        var next = vocabulary.tokens.count
        for element in try list(value, "\"added_tokens\"") {
            let token = try addedToken(element)
            let bytes = Array(token.content.utf8)
            guard known.insert(bytes).inserted else {
                throw malformed("the added token \(token.content.quoted) occurs twice")
            }
            if let id = vocabulary.id(of: bytes) {
                guard id == token.id else {
                    throw malformed("\(token.content.quoted) is \(id) to the model and added as \(token.id)")
                }
            } else {
                guard token.id == next else {
                    throw malformed(
                        "the added token \(token.content.quoted) has the id \(token.id) where \(next) is the next")
                }
                next += 1
            }
            let characters = token.content.scalarValues
            let normalized = normalizer?.normalized(characters) ?? characters
            guard !token.isNormalized || !normalized.isEmpty && sought.insert(normalized).inserted else {
                throw malformed("the added token \(token.content.quoted) is another one's, or nothing, when normalized")
            }
            tokens.append(token)
        }
        guard next <= Vocabulary.limit, tokens.reduce(0, { $0 + $1.content.utf8.count }) <= Vocabulary.limit else {
            throw malformed("it has more than \(Vocabulary.limit) tokens, or bytes of added tokens")
        }
        return tokens
    }

    private func addedToken(_ value: JSONValue) throws(TokenizerError) -> AddedToken {
        try check(value, "an added token", keys: Self.addedKeys)
        let content = try string(value, "content", "an added token")
        guard (1...AddedToken.lengthLimit).contains(content.utf8.count) else {
            throw malformed("an added token is not of 1 to \(AddedToken.lengthLimit) bytes")
        }
        let place = "the added token \(content.quoted)"
        return AddedToken(
            id: try count(value, "id", place), content: content, isSpecial: try flag(value, "special", place),
            stripsBefore: try flag(value, "lstrip", place), stripsAfter: try flag(value, "rstrip", place),
            isSingleWord: try flag(value, "single_word", place), isNormalized: try flag(value, "normalized", place))
    }
}

import SottoJSON

/// Takes the parts of a tokenizer's file apart; what is there and not known is refused.
struct TokenizerReader {
    /// As errors call it.
    let file: String

    func malformed(_ reason: String) -> TokenizerError { .malformed(file: file, reason: reason) }

    func unsupported(_ setting: String, _ value: String, _ supported: String) -> TokenizerError {
        .unsupported(file: file, setting: setting, value: value, supported: supported)
    }

    func document(_ bytes: some Sequence<UInt8>) throws(TokenizerError) -> JSONValue {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw malformed("\(error)")
        }
        guard case .object = value else { throw malformed("it is no JSON object") }
        return value
    }

    /// Refuses keys other than these.
    func check(_ value: JSONValue, _ place: String, keys: Set<String>) throws(TokenizerError) {
        guard case .object(let members) = value else { throw malformed("\(place) is no object") }
        for member in members where !keys.contains(member.key) {
            throw unsupported("\(member.key.quoted) in \(place)", member.value.summary, "without it")
        }
    }

    func string(_ value: JSONValue, _ key: String, _ place: String) throws(TokenizerError) -> String {
        guard case .string(let text)? = value[key: key] else {
            throw malformed("\(key.quoted) of \(place) is no text")
        }
        return text
    }

    func flag(
        _ value: JSONValue, _ key: String, default fallback: Bool? = nil, _ place: String
    ) throws(TokenizerError) -> Bool {
        switch value[key: key] {
        case .boolean(let flag)?: return flag
        case nil where fallback != nil: return fallback!
        default: throw malformed("\(key.quoted) of \(place) is neither true nor false")
        }
    }

    func count(_ value: JSONValue, _ key: String, _ place: String) throws(TokenizerError) -> Int {
        guard case .integer(let number)? = value[key: key], (0...Vocabulary.limit).contains(number) else {
            throw malformed("\(key.quoted) of \(place) is no number that it can be")
        }
        return number
    }

    func list(_ value: JSONValue?, _ name: String) throws(TokenizerError) -> [JSONValue] {
        guard case .array(let elements)? = value else { throw malformed("\(name) is no list") }
        return elements
    }

    /// One character.
    func character(_ value: JSONValue, _ key: String, _ place: String) throws(TokenizerError) -> UInt32 {
        let text = try string(value, key, place).scalarValues
        guard text.count == 1 else { throw malformed("\(key.quoted) of \(place) is not one character") }
        return text[0]
    }

    /// `{"String": ...}` or `{"Regex": ...}`.
    func pattern(_ value: JSONValue, _ place: String) throws(TokenizerError) -> SplitPattern {
        guard let pattern = value[key: "pattern"] else { throw malformed("\(place) lacks \"pattern\"") }
        try check(pattern, "the pattern of \(place)", keys: ["String", "Regex"])
        do throws(PatternError) {
            switch (pattern[key: "String"], pattern[key: "Regex"]) {
            case (.string(let text)?, nil) where !text.isEmpty:
                return .literal(try Pattern(literal: text), characters: text.scalarValues)
            case (nil, .string(let text)?): return .expression(try Pattern(text))
            default: break
            }
        } catch {
            throw unsupported("in a pattern of \(place)", error.feature, "without it")
        }
        throw malformed("the pattern of \(place) is neither a text nor a regular expression")
    }

    /// The type of a step, and the step if it is there at all.
    func step(_ value: JSONValue?, _ place: String) throws(TokenizerError) -> (type: String, value: JSONValue)? {
        guard let value, value != .null else { return nil }
        return (try string(value, "type", place), value)
    }

    // MARK: Limits

    private static let stepLimit = 64
    private static let growthLimit = 10_000

    /// Refuses steps by which a short text becomes long work: a file may come from a stranger.
    func checkWork(
        _ normalizer: Normalizer?, _ preTokenizer: PreTokenizer?, _ decoder: [DecoderStep]?
    ) throws(TokenizerError) {
        guard max(normalizer?.steps ?? 0, preTokenizer?.steps ?? 0, decoder?.count ?? 0) <= Self.stepLimit else {
            throw malformed("it has more than \(Self.stepLimit) steps of a kind")
        }
        let replacements = decoder?.compactMap { step in if case .replace(let one) = step { one.growth } else { nil } }
        let growths = [normalizer?.growth ?? 1, (replacements ?? []).reduce(1) { $0.saturatingProduct($1) }]
        guard growths.allSatisfy({ $0 <= Self.growthLimit }) else {
            throw malformed("its replacements make a text more than \(Self.growthLimit) times as long")
        }
    }
}

extension Normalizer {
    fileprivate var steps: Int {
        if case .sequence(let steps) = self { steps.reduce(0) { $0 + $1.steps } } else { 1 }
    }

    /// How many times as long a text may become.
    fileprivate var growth: Int {
        switch self {
        // A character has a compatible form of 18.
        case .form: 18
        case .prepend(let before): 1 + before.count
        case .replace(let replacement): replacement.growth
        case .sequence(let steps): steps.reduce(1) { $0.saturatingProduct($1.growth) }
        }
    }
}

extension PreTokenizer {
    fileprivate var steps: Int {
        if case .sequence(let steps) = self { steps.reduce(0) { $0 + $1.steps } } else { 1 }
    }
}

extension Replacement {
    fileprivate var growth: Int { 1 + content.count }
}

extension Int {
    fileprivate func saturatingProduct(_ other: Int) -> Int {
        let (product, isTooLarge) = multipliedReportingOverflow(by: other)
        return isTooLarge ? .max : product
    }
}

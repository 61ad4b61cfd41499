import SottoJSON

extension TokenizerReader {
    // MARK: Normalizers

    func normalizer(_ value: JSONValue?) throws(TokenizerError) -> Normalizer? {
        guard let (type, value) = try step(value, "the normalizer") else { return nil }
        let place = "the normalizer \(type)"
        switch type {
        case "Sequence":
            try check(value, place, keys: ["type", "normalizers"])
            var steps: [Normalizer] = []
            for element in try list(value[key: "normalizers"], place) {
                if let step = try normalizer(element) { steps.append(step) }
            }
            return .sequence(steps)
        case "Prepend":
            try check(value, place, keys: ["type", "prepend"])
            return .prepend(try string(value, "prepend", place).scalarValues)
        case "Replace": return .replace(try replacement(value, place))
        default:
            guard let form = NormalForm(rawValue: type) else {
                throw unsupported(
                    "a normalizer", type.quoted, "one of NFC, NFD, NFKC, NFKD, Prepend, Replace and Sequence")
            }
            try check(value, place, keys: ["type"])
            return .form(form)
        }
    }

    private func replacement(_ value: JSONValue, _ place: String) throws(TokenizerError) -> Replacement {
        try check(value, place, keys: ["type", "pattern", "content"])
        return Replacement(
            pattern: try pattern(value, place), content: try string(value, "content", place).scalarValues)
    }

    // MARK: Pre-tokenizers

    func preTokenizer(_ value: JSONValue?) throws(TokenizerError) -> PreTokenizer? {
        guard let (type, value) = try step(value, "the pre_tokenizer") else { return nil }
        let place = "the pre_tokenizer \(type)"
        switch type {
        case "Sequence":
            try check(value, place, keys: ["type", "pretokenizers"])
            var steps: [PreTokenizer] = []
            for element in try list(value[key: "pretokenizers"], place) {
                if let step = try preTokenizer(element) { steps.append(step) }
            }
            return .sequence(steps)
        case "ByteLevel":
            try check(value, place, keys: Self.byteLevelKeys)
            return try byteLevel(
                addsPrefixSpace: try flag(value, "add_prefix_space", place),
                usesPattern: try flag(value, "use_regex", default: true, place))
        case "Split":
            try check(value, place, keys: ["type", "pattern", "behavior", "invert"])
            let name = try string(value, "behavior", place)
            guard let behavior = SplitBehavior(rawValue: name) else {
                throw unsupported("a behavior of Split", name.quoted, "one of those that tokenizer.json knows")
            }
            return .split(try pattern(value, place), behavior, isInverted: try flag(value, "invert", place))
        case "Digits":
            try check(value, place, keys: ["type", "individual_digits"])
            return .digits(areIndividual: try flag(value, "individual_digits", default: false, place))
        case "WhitespaceSplit":
            try check(value, place, keys: ["type"])
            return .whitespaceSplit
        case "Metaspace":
            let (replacement, scheme, splits) = try metaspace(value, place)
            return .metaspace(replacement: replacement, scheme, splits: splits)
        default:
            throw unsupported(
                "a pre_tokenizer", type.quoted,
                "one of ByteLevel, Split, Digits, WhitespaceSplit, Metaspace and Sequence")
        }
    }

    private static let byteLevelKeys: Set<String> = ["type", "add_prefix_space", "trim_offsets", "use_regex"]

    func byteLevel(addsPrefixSpace: Bool, usesPattern: Bool) throws(TokenizerError) -> PreTokenizer {
        do throws(PatternError) {
            return .byteLevel(
                addsPrefixSpace: addsPrefixSpace, pattern: usesPattern ? try Pattern(PreTokenizer.gpt2Pattern) : nil)
        } catch {
            throw malformed("its pattern has \(error.feature)")
        }
    }

    /// In its newer spelling, and the older one with `add_prefix_space`.
    private func metaspace(
        _ value: JSONValue, _ place: String
    ) throws(TokenizerError) -> (UInt32, PreTokenizer.PrependScheme, splits: Bool) {
        try check(
            value, place,
            keys: ["type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"])
        let replacement = try character(value, "replacement", place)
        let name = value[key: "prepend_scheme"] == nil ? "always" : try string(value, "prepend_scheme", place)
        guard var scheme = PreTokenizer.PrependScheme(rawValue: name) else {
            throw unsupported("a prepend_scheme", name.quoted, "always, first or never")
        }
        if try !flag(value, "add_prefix_space", default: true, place) {
            guard value[key: "prepend_scheme"] == nil || scheme == .never else {
                throw malformed("add_prefix_space and prepend_scheme of \(place) contradict each other")
            }
            scheme = .never
        }
        return (replacement, scheme, try flag(value, "split", default: true, place))
    }

    // MARK: Post-processors

    /// - Parameter vocabulary: how many ids there are.
    func postProcessor(_ value: JSONValue?, vocabulary: Int) throws(TokenizerError) -> PostProcessor {
        guard let (type, value) = try step(value, "the post_processor") else { return PostProcessor() }
        let place = "the post_processor \(type)"
        switch type {
        case "ByteLevel":
            // It moves places in the text, which are not kept here.
            try check(value, place, keys: Self.byteLevelKeys)
            return PostProcessor()
        case "Sequence":
            try check(value, place, keys: ["type", "processors"])
            var whole = PostProcessor()
            for element in try list(value[key: "processors"], place) {
                let next = try postProcessor(element, vocabulary: vocabulary)
                whole.before = next.before + whole.before
                whole.after += next.after
            }
            return whole
        case "TemplateProcessing": return try template(value, place, vocabulary: vocabulary)
        default:
            throw unsupported("a post_processor", type.quoted, "one of ByteLevel, TemplateProcessing and Sequence")
        }
    }

    private func template(
        _ value: JSONValue, _ place: String, vocabulary: Int
    ) throws(TokenizerError) -> PostProcessor {
        try check(value, place, keys: ["type", "single", "pair", "special_tokens"])
        var (before, after, hasText) = ([Int](), [Int](), false)
        for piece in try list(value[key: "single"], "\"single\" of \(place)") {
            if let sequence = piece[key: "Sequence"] {
                guard try string(sequence, "id", place) == "A", !hasText else {
                    throw unsupported("in \(place)", "a text that is not there once", "of one text")
                }
                hasText = true
                continue
            }
            guard let special = piece[key: "SpecialToken"] else { throw malformed("a piece of \(place) is unknown") }
            let name = try string(special, "id", place)
            guard let entry = value[key: "special_tokens"]?[key: name] else {
                throw malformed("\(place) does not say what \(name.quoted) is")
            }
            for id in try list(entry[key: "ids"], "ids of \(name.quoted)") {
                guard case .integer(let id) = id, (0..<vocabulary).contains(id) else {
                    throw malformed("\(name.quoted) of \(place) has an id that is no token's")
                }
                if hasText { after.append(id) } else { before.append(id) }
            }
        }
        guard hasText else { throw malformed("\(place) leaves out the text") }
        return PostProcessor(before: before, after: after)
    }

    // MARK: Decoders

    func decoder(_ value: JSONValue?) throws(TokenizerError) -> [DecoderStep]? {
        guard value != nil, value != .null else { return nil }
        let steps = try decoderSteps(value)
        if let fusing = steps.firstIndex(where: \.isFusing),
            let step = steps[(fusing + 1)...].first(where: { !$0.takesPieces })
        {
            throw unsupported("a decoder after all tokens are one", "\(step.name)", "Strip or Replace of a text")
        }
        return steps
    }

    private func decoderSteps(_ value: JSONValue?) throws(TokenizerError) -> [DecoderStep] {
        guard let (type, value) = try step(value, "the decoder") else { return [] }
        let place = "the decoder \(type)"
        switch type {
        case "Sequence":
            try check(value, place, keys: ["type", "decoders"])
            var steps: [DecoderStep] = []
            for element in try list(value[key: "decoders"], place) { steps += try decoderSteps(element) }
            return steps
        case "ByteLevel":
            try check(value, place, keys: Self.byteLevelKeys)
            return [.byteLevel]
        case "ByteFallback", "Fuse":
            try check(value, place, keys: ["type"])
            return [type == "Fuse" ? .fuse : .byteFallback]
        case "Replace": return [.replace(try replacement(value, place))]
        case "Strip":
            try check(value, place, keys: ["type", "content", "start", "stop"])
            return [
                .strip(
                    content: try character(value, "content", place), start: try count(value, "start", place),
                    stop: try count(value, "stop", place))
            ]
        case "Metaspace":
            let (replacement, scheme, _) = try metaspace(value, place)
            return [.metaspace(replacement: replacement, stripsFirst: scheme != .never)]
        default:
            throw unsupported(
                "a decoder", type.quoted,
                "one of ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace and Sequence")
        }
    }
}

extension DecoderStep {
    fileprivate var name: String {
        switch self {
        case .byteLevel: "ByteLevel"
        case .byteFallback: "ByteFallback"
        case .fuse: "Fuse"
        case .replace: "Replace"
        case .strip: "Strip"
        case .metaspace: "Metaspace"
        case .join: "none"
        }
    }
}

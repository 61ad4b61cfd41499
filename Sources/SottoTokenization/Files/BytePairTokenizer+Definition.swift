import SottoJSON

extension BytePairTokenizer {
    /// A `tokenizer.json` without spaces, its keys in one order, tokens by their ids and merges by their ranks; what
    /// changes no id and no text is left out or has one value.
    public var definition: [UInt8] {
        var json = #"{"version":"1.0","truncation":null,"padding":null,"added_tokens":"#
        json += list(addedTokens.sorted { $0.id < $1.id }.map(\.json))
        json += #","normalizer":\#(normalizer?.json ?? "null"),"pre_tokenizer":\#(preTokenizer?.json ?? "null")"#
        json += #","post_processor":\#(postProcessor.json ?? "null"),"decoder":\#(decoderJSON)"#
        json += #","model":\#(model.json)}"#
        return Array(json.utf8)
    }

    private var decoderJSON: String {
        guard let decoder else { return "null" }
        if decoder.count == 1 { return decoder[0].json }
        return #"{"type":"Sequence","decoders":\#(list(decoder.map(\.json)))}"#
    }
}

private func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

private func text(_ scalars: some Sequence<UInt32>) -> String { String(decoding: scalars.utf8, as: UTF8.self).asJSON }

extension AddedToken {
    fileprivate var json: String {
        #"{"id":\#(id),"content":\#(content.asJSON),"single_word":\#(isSingleWord),"lstrip":\#(stripsBefore),"#
            + #""rstrip":\#(stripsAfter),"normalized":\#(isNormalized),"special":\#(isSpecial)}"#
    }
}

extension SplitPattern {
    fileprivate var json: String {
        switch self {
        case .literal(let pattern, _): #"{"String":\#(pattern.source.asJSON)}"#
        case .expression(let pattern): #"{"Regex":\#(pattern.source.asJSON)}"#
        }
    }
}

extension Replacement {
    fileprivate var json: String { #"{"type":"Replace","pattern":\#(pattern.json),"content":\#(text(content))}"# }
}

extension Normalizer {
    fileprivate var json: String {
        switch self {
        case .form(let form): #"{"type":"\#(form.rawValue)"}"#
        case .prepend(let before): #"{"type":"Prepend","prepend":\#(text(before))}"#
        case .replace(let replacement): replacement.json
        case .sequence(let steps): #"{"type":"Sequence","normalizers":\#(list(steps.map(\.json)))}"#
        }
    }
}

extension PreTokenizer {
    fileprivate var json: String {
        switch self {
        case .byteLevel(let addsPrefixSpace, let pattern):
            #"{"type":"ByteLevel","add_prefix_space":\#(addsPrefixSpace),"trim_offsets":true,"#
                + #""use_regex":\#(pattern != nil)}"#
        case .split(let pattern, let behavior, let isInverted):
            #"{"type":"Split","pattern":\#(pattern.json),"behavior":"\#(behavior.rawValue)","invert":\#(isInverted)}"#
        case .digits(let areIndividual): #"{"type":"Digits","individual_digits":\#(areIndividual)}"#
        case .whitespaceSplit: #"{"type":"WhitespaceSplit"}"#
        case .metaspace(let replacement, let scheme, let splits):
            #"{"type":"Metaspace","replacement":\#(text([replacement])),"prepend_scheme":"\#(scheme.rawValue)","#
                + #""split":\#(splits)}"#
        case .sequence(let steps): #"{"type":"Sequence","pretokenizers":\#(list(steps.map(\.json)))}"#
        }
    }
}

extension PostProcessor {
    /// nil where nothing stands around a text. A token is called by its id here.
    fileprivate var json: String? {
        guard !before.isEmpty || !after.isEmpty else { return nil }
        func piece(_ id: Int) -> String { #"{"SpecialToken":{"id":"\#(id)","type_id":0}}"# }
        let pieces = before.map(piece) + [#"{"Sequence":{"id":"A","type_id":0}}"#] + after.map(piece)
        let tokens = Set(before + after).sorted().map {
            #""\#($0)":{"id":"\#($0)","ids":[\#($0)],"tokens":["\#($0)"]}"#
        }
        return #"{"type":"TemplateProcessing","single":\#(list(pieces)),"pair":[],"special_tokens":{"#
            + tokens.joined(separator: ",") + "}}"
    }
}

extension DecoderStep {
    fileprivate var json: String {
        switch self {
        case .byteLevel: #"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#
        case .byteFallback: #"{"type":"ByteFallback"}"#
        case .fuse: #"{"type":"Fuse"}"#
        case .replace(let replacement): replacement.json
        case .strip(let content, let start, let stop):
            #"{"type":"Strip","content":\#(text([content])),"start":\#(start),"stop":\#(stop)}"#
        case .metaspace(let replacement, let stripsFirst):
            #"{"type":"Metaspace","replacement":\#(text([replacement])),"#
                + #""prepend_scheme":"\#(stripsFirst ? "always" : "never")","split":true}"#
        case .join: "null"
        }
    }
}

extension BytePairEncoding {
    fileprivate var json: String {
        let tokens = vocabulary.tokens.map { String(decoding: $0, as: UTF8.self).asJSON }
        var json = #"{"type":"BPE","dropout":null,"unk_token":\#(options.unknown.map { tokens[$0] } ?? "null"),"#
        json += #""continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":\#(options.fusesUnknown),"#
        json += #""byte_fallback":\#(options.fallsBackToBytes),"ignore_merges":\#(options.ignoresMerges),"vocab":{"#
        for (id, token) in tokens.enumerated() { json += "\(id == 0 ? "" : ",")\(token):\(id)" }
        json += #"},"merges":["#
        for (index, merge) in orderedMerges.enumerated() {
            json += "\(index == 0 ? "" : ",")[\(tokens[Int(merge.left)]),\(tokens[Int(merge.right)])]"
        }
        return json + "]}"
    }
}

/// What is done to tokens, one step after the other, to make text of them.
enum DecoderStep: Hashable, Sendable {
    /// Characters of GPT-2's alphabet become bytes, and the bytes of all tokens one text.
    case byteLevel
    /// Runs of tokens such as `<0x0A>` become characters.
    case byteFallback
    /// All tokens become one.
    case fuse
    case replace(Replacement)
    /// As many characters as this at most go from the beginning and the end of a token.
    case strip(content: UInt32, start: Int, stop: Int)
    /// A character becomes a space, or nothing in the first token.
    case metaspace(replacement: UInt32, stripsFirst: Bool)
    /// Tokens are set apart by spaces, as where there is no decoder.
    case join

    /// Whether only one token is left after it.
    var isFusing: Bool { self == .byteLevel || self == .fuse }

    /// Whether it can go on with a token that comes in pieces.
    var takesPieces: Bool {
        switch self {
        case .fuse, .strip: true
        case .replace(let replacement): if case .literal = replacement.pattern { true } else { false }
        default: false
        }
    }
}

/// The steps at work on tokens that come one after the other.
struct DecoderState {
    private let steps: [DecoderStep]
    private let alphabet: ByteAlphabet
    /// What each step keeps until the next token.
    private var kept: [Kept]

    private struct Kept {
        var isFirst = true
        var bytes: [UInt8] = []
        var characters = CharacterAssembler()
        var text: [UInt32] = []
        /// Characters that have been taken away at the beginning, or nil once another one has come.
        var stripped: Int? = 0
    }

    init(_ steps: [DecoderStep], _ alphabet: ByteAlphabet) {
        self.steps = steps
        self.alphabet = alphabet
        kept = steps.map { _ in Kept() }
    }

    /// Appends the text that a token makes certain.
    mutating func append(_ token: [UInt8], to text: inout [UInt8]) {
        pass(token, 0, isPiece: false, to: &text)
    }

    /// Appends what was held back.
    mutating func finish(to text: inout [UInt8]) {
        var isPiece = false
        for (index, step) in steps.enumerated() {
            switch step {
            case .byteLevel: pass(kept[index].characters.finish(), index + 1, isPiece: true, to: &text)
            case .byteFallback: endRun(index, isPiece: isPiece, to: &text)
            case .replace where isPiece: pass(kept[index].text.utf8, index + 1, isPiece: true, to: &text)
            default: break
            }
            isPiece = isPiece || step.isFusing
        }
    }

    /// - Parameter isPiece: whether this is a piece of the one token that is left.
    private mutating func pass(_ token: [UInt8], _ index: Int, isPiece: Bool, to text: inout [UInt8]) {
        guard index < steps.count else { return text.append(contentsOf: token) }
        if isPiece, token.isEmpty { return }
        switch steps[index] {
        case .byteLevel:
            let bytes = alphabet.read(token) ?? token
            pass(kept[index].characters.append(bytes), index + 1, isPiece: true, to: &text)
        case .fuse: pass(token, index + 1, isPiece: true, to: &text)
        case .byteFallback:
            if let byte = Self.byte(of: token) { return kept[index].bytes.append(byte) }
            endRun(index, isPiece: isPiece, to: &text)
            pass(token, index + 1, isPiece: isPiece, to: &text)
        case .replace(let replacement):
            let characters = token.scalarValues
            let result =
                isPiece ? replaced(characters, replacement, index) : replacement.applied(to: characters[...])
            pass(result.utf8, index + 1, isPiece: isPiece, to: &text)
        case .strip(let content, let start, let stop):
            if !isPiece { kept[index] = Kept() }
            pass(stripped(token.scalarValues, content, start, stop, index).utf8, index + 1, isPiece: isPiece, to: &text)
        case .metaspace(let replacement, let stripsFirst):
            let isFirst = kept[index].isFirst
            kept[index].isFirst = false
            let characters = token.scalarValues.compactMap { value in
                value == replacement ? (isFirst && stripsFirst ? nil : 0x20) : value
            }
            pass(characters.utf8, index + 1, isPiece: isPiece, to: &text)
        case .join:
            pass(kept[index].isFirst ? token : [0x20] + token, index + 1, isPiece: isPiece, to: &text)
            kept[index].isFirst = false
        }
    }

    /// The byte that a token stands for.
    private static func byte(of token: [UInt8]) -> UInt8? {
        guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }

    /// A run of bytes is over: a text, or if it is none U+FFFD for each.
    private mutating func endRun(_ index: Int, isPiece: Bool, to text: inout [UInt8]) {
        let bytes = kept[index].bytes
        guard !bytes.isEmpty else { return }
        kept[index].bytes = []
        if String(validating: bytes, as: UTF8.self) != nil {
            pass(bytes, index + 1, isPiece: isPiece, to: &text)
        } else {
            for _ in bytes { pass(Array("\u{FFFD}".utf8), index + 1, isPiece: isPiece, to: &text) }
        }
    }

    /// A replacement within a token that comes in pieces; what may begin a match is held back.
    private mutating func replaced(_ piece: [UInt32], _ replacement: Replacement, _ index: Int) -> [UInt32] {
        guard case .literal(let pattern, let sought) = replacement.pattern else { return piece }
        let text = kept[index].text + piece
        let parts = pattern.parts(of: text[...])
        var result: [UInt32] = []
        kept[index].text = []
        for (place, part) in parts.enumerated() {
            if part.isMatch {
                result += replacement.content
                continue
            }
            var range = part.range
            if place == parts.count - 1 {
                let longest = min(range.count, sought.count - 1)
                let held = (0...longest).last { sought.starts(with: text[(range.upperBound - $0)...]) } ?? 0
                kept[index].text = Array(text[(range.upperBound - held)...])
                range = range.lowerBound..<range.upperBound - held
            }
            result += text[range]
        }
        return result
    }

    /// A token, or a piece of one, without what goes from its ends; of a piece what may be the end is held back.
    private mutating func stripped(
        _ piece: [UInt32], _ content: UInt32, _ start: Int, _ stop: Int, _ index: Int
    ) -> [UInt32] {
        var text = kept[index].text + piece
        if var count = kept[index].stripped {
            let leading = min(start - count, text.prefix { $0 == content }.count)
            text.removeFirst(leading)
            count += leading
            kept[index].stripped = text.isEmpty && count < start ? count : nil
        }
        let trailing = min(stop, text.reversed().prefix { $0 == content }.count)
        kept[index].text = Array(text.suffix(trailing))
        return text.dropLast(trailing)
    }
}

/// How a text is split into the words that are tokenized one by one.
indirect enum PreTokenizer: Hashable, Sendable {
    /// GPT-2's: every byte is a character, after a split by its pattern.
    case byteLevel(addsPrefixSpace: Bool, pattern: Pattern?)
    case split(SplitPattern, SplitBehavior, isInverted: Bool)
    case digits(areIndividual: Bool)
    /// At white space, which goes.
    case whitespaceSplit
    /// SentencePiece's: a character in place of spaces.
    case metaspace(replacement: UInt32, PrependScheme, splits: Bool)
    case sequence([PreTokenizer])

    /// Where the character that stands for a space is put before a text without one.
    enum PrependScheme: String, Sendable, Hashable {
        case always
        /// Only where the whole text begins.
        case first
        case never
    }

    /// GPT-2's words.
    static let gpt2Pattern =
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    /// A part of a text.
    struct Piece {
        var text: ArraySlice<UInt32>
        /// Whether the whole text begins here.
        let isFirst: Bool
    }

    func split(_ pieces: [Piece], _ alphabet: ByteAlphabet) -> [Piece] {
        if case .sequence(let steps) = self { return steps.reduce(pieces) { $1.split($0, alphabet) } }
        return pieces.flatMap { piece in piece.text.isEmpty ? [] : split(piece, alphabet) }
    }

    private func split(_ piece: Piece, _ alphabet: ByteAlphabet) -> [Piece] {
        switch self {
        case .byteLevel(let addsPrefixSpace, let pattern):
            let text = addsPrefixSpace && piece.text.first != 0x20 ? [0x20] + piece.text : piece.text
            let words = pattern.map { $0.parts(of: text).map(\.range) } ?? [text.indices]
            return words.map { range in
                Piece(
                    text: alphabet.written(text[range])[...],
                    isFirst: piece.isFirst && range.lowerBound == text.startIndex)
            }
        case .split(let pattern, let behavior, let isInverted):
            let parts = pattern.compiled.parts(of: piece.text).map { ($0.range, $0.isMatch != isInverted) }
            return Self.pieces(of: piece, behavior.ranges(parts))
        case .digits(let areIndividual):
            let behavior: SplitBehavior = areIndividual ? .isolated : .contiguous
            return Self.pieces(of: piece, behavior.ranges(Self.parts(of: piece.text, where: CharacterClass.isNumeric)))
        case .whitespaceSplit:
            return Self.pieces(
                of: piece,
                SplitBehavior.removed.ranges(Self.parts(of: piece.text, where: CharacterClass.space.contains)))
        case .metaspace(let replacement, let scheme, let splits):
            return Self.metaspace(piece, replacement, scheme, splits: splits)
        case .sequence: return split([piece], alphabet)
        }
    }

    private static func pieces(of piece: Piece, _ ranges: [Range<Int>]) -> [Piece] {
        ranges.compactMap { range in
            range.isEmpty
                ? nil
                : Piece(
                    text: piece.text[range], isFirst: piece.isFirst && range.lowerBound == piece.text.startIndex)
        }
    }

    /// Every character that belongs to a class is a match.
    private static func parts(
        of text: ArraySlice<UInt32>, where isMatch: (UInt32) -> Bool
    ) -> [(Range<Int>, Bool)] {
        var parts: [(Range<Int>, Bool)] = []
        var start = text.startIndex
        for index in text.indices where isMatch(text[index]) {
            if start < index { parts.append((start..<index, false)) }
            parts.append((index..<index + 1, true))
            start = index + 1
        }
        if start < text.endIndex { parts.append((start..<text.endIndex, false)) }
        return parts
    }

    private static func metaspace(
        _ piece: Piece, _ replacement: UInt32, _ scheme: PrependScheme, splits: Bool
    ) -> [Piece] {
        var text = piece.text.map { $0 == 0x20 ? replacement : $0 }
        if text.first != replacement, scheme == .always || scheme == .first && piece.isFirst {
            text.insert(replacement, at: 0)
        }
        let whole = Piece(text: text[...], isFirst: piece.isFirst)
        guard splits else { return [whole] }
        return pieces(of: whole, SplitBehavior.mergedWithNext.ranges(parts(of: text[...]) { $0 == replacement }))
    }
}

/// What becomes of the matches at which a text is split.
enum SplitBehavior: String, Hashable, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"

    /// - Parameter parts: of a text, in their order and without a gap, each with whether it is a match.
    func ranges(_ parts: [(Range<Int>, Bool)]) -> [Range<Int>] {
        switch self {
        case .removed: parts.compactMap { $0.1 ? nil : $0.0 }
        case .isolated: parts.map(\.0)
        case .contiguous: Self.merged(parts) { $0 == $1 }
        case .mergedWithPrevious: Self.merged(parts) { $0 && !$1 }
        case .mergedWithNext: Self.mergedBackwards(parts)
        }
    }

    /// - Parameter joins: whether a part joins the one before it, told by whether either is a match.
    private static func merged(_ parts: [(Range<Int>, Bool)], joins: (Bool, Bool) -> Bool) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var previous = false
        for (range, isMatch) in parts {
            if joins(isMatch, previous), let last = ranges.last {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
            previous = isMatch
        }
        return ranges
    }

    private static func mergedBackwards(_ parts: [(Range<Int>, Bool)]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var next = false
        for (range, isMatch) in parts.reversed() {
            if isMatch, !next, let last = ranges.last {
                ranges[ranges.count - 1] = range.lowerBound..<last.upperBound
            } else {
                ranges.append(range)
            }
            next = isMatch
        }
        return ranges.reversed()
    }
}

/// Text that takes the place of other text.
struct Replacement: Hashable, Sendable {
    /// What is replaced: a text as it is, or what a regular expression matches.
    let pattern: SplitPattern
    let content: [UInt32]

    func applied(to text: ArraySlice<UInt32>) -> [UInt32] {
        // One character by another is most of what there is.
        if case .literal(_, let characters) = pattern, characters.count == 1 {
            var result: [UInt32] = []
            result.reserveCapacity(text.count)
            for value in text { if value == characters[0] { result += content } else { result.append(value) } }
            return result
        }
        return pattern.compiled.parts(of: text).flatMap { $0.isMatch ? content : Array(text[$0.range]) }
    }
}

/// Where a text is split, or what of it is replaced.
enum SplitPattern: Hashable, Sendable {
    case literal(Pattern, characters: [UInt32])
    case expression(Pattern)

    var compiled: Pattern {
        switch self {
        case .literal(let pattern, _), .expression(let pattern): pattern
        }
    }
}

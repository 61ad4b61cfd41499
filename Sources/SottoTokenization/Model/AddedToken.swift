/// A token that is found in a text before anything else is done to it.
struct AddedToken: Hashable, Sendable {
    let id: Int
    let content: String
    /// Whether it has no place in decoded text.
    let isSpecial: Bool
    /// Whether white space before it, or after it, belongs to it.
    let stripsBefore: Bool
    let stripsAfter: Bool
    /// Whether it counts only where no word goes on at its ends.
    let isSingleWord: Bool
    /// Whether it is looked for in normalized text, and normalized itself.
    let isNormalized: Bool

    static let lengthLimit = 1024
}

/// Finds added tokens: of those that begin first the longest.
struct AddedTokenFinder: Sendable {
    /// A node of a tree of the tokens' characters.
    private struct Node: Sendable {
        var children: [UInt32: Int] = [:]
        var token: Int?
    }

    private var nodes = [Node()]
    private let tokens: [AddedToken]

    /// - Parameter tokens: each with its characters as they are looked for, no two with the same.
    init(_ tokens: [(token: AddedToken, characters: [UInt32])]) {
        self.tokens = tokens.map(\.token)
        for (index, entry) in tokens.enumerated() {
            var node = 0
            for value in entry.characters {
                if let next = nodes[node].children[value] {
                    node = next
                } else {
                    nodes.append(Node())
                    nodes[node].children[value] = nodes.count - 1
                    node = nodes.count - 1
                }
            }
            nodes[node].token = index
        }
    }

    /// A part of a text, with the token that it is.
    typealias Part = (range: Range<Int>, token: Int?)

    /// The parts of a text in their order.
    func parts(of text: [UInt32]) -> [Part] {
        guard !tokens.isEmpty else { return [(text.indices, nil)] }
        var parts: [Part] = []
        var (end, position) = (0, 0)
        while position < text.count {
            guard let match = longest(in: text, at: position) else {
                position += 1
                continue
            }
            var (start, stop) = (position, position + match.count)
            position = stop
            let token = tokens[match.token]
            if token.isSingleWord, Self.isWord(text, start - 1) || Self.isWord(text, stop) { continue }
            if token.stripsBefore {
                while start > end, CharacterClass.space.contains(text[start - 1]) { start -= 1 }
            }
            if token.stripsAfter {
                while stop < text.count, CharacterClass.space.contains(text[stop]) { stop += 1 }
            }
            if end < start { parts.append((end..<start, nil)) }
            parts.append((start..<stop, token.id))
            end = stop
        }
        if end < text.count { parts.append((end..<text.count, nil)) }
        return parts
    }

    private func longest(in text: [UInt32], at start: Int) -> (token: Int, count: Int)? {
        var (node, position) = (0, start)
        var found: (token: Int, count: Int)?
        while position < text.count, let next = nodes[node].children[text[position]] {
            node = next
            position += 1
            if let token = nodes[node].token { found = (token, position - start) }
        }
        return found
    }

    private static func isWord(_ text: [UInt32], _ index: Int) -> Bool {
        guard text.indices.contains(index), let scalar = Unicode.Scalar(text[index]) else { return false }
        return CharacterClass.isWord(scalar)
    }
}

/// What of a regular expression is not supported.
package struct PatternError: Error, Equatable {
    /// As it may follow "uses".
    package let feature: String

    init(_ feature: String) { self.feature = feature }
}

/// A regular expression as a tree.
indirect enum PatternNode: Hashable {
    case set(PatternSet)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// As often as can be, giving back where what follows needs it; nothing is given back of a possessive one.
    case repetition(PatternNode, atLeast: Int, atMost: Int?, isLazy: Bool, isPossessive: Bool)
    /// What follows must, or must not, match this.
    case lookahead(PatternNode, isNegated: Bool)
    case lineStart
    case lineEnd
    case textStart
    case textEnd

    /// Whether it can match nothing at all.
    var isNullable: Bool {
        switch self {
        case .set: false
        case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
        case .alternatives(let nodes): nodes.contains(where: \.isNullable)
        case .repetition(let node, let atLeast, _, _, _): atLeast == 0 || node.isNullable
        default: true
        }
    }

    var hasLookahead: Bool {
        switch self {
        case .lookahead: true
        case .sequence(let nodes), .alternatives(let nodes): nodes.contains(where: \.hasLookahead)
        case .repetition(let node, _, _, _, _): node.hasLookahead
        default: false
        }
    }

    /// Whether there is no longest match.
    var isUnbounded: Bool {
        switch self {
        case .sequence(let nodes), .alternatives(let nodes): nodes.contains(where: \.isUnbounded)
        case .repetition(let node, _, let atMost, _, _): atMost == nil || node.isUnbounded
        default: false
        }
    }
}

/// Reads regular expressions as tokenizers have them: Oniguruma's, in Ruby's syntax.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var ignoresCase = false
    private var depth = 0

    private static let depthLimit = 32
    private static let repetitionLimit = 256
    static let lengthLimit = 1 << 14

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func parse(_ text: String) throws(PatternError) -> PatternNode {
        guard !text.isEmpty else { throw PatternError("nothing") }
        guard text.utf8.count <= lengthLimit else { throw PatternError("more than \(lengthLimit) bytes") }
        var parser = PatternParser(text)
        let node = try parser.alternatives()
        guard parser.position == parser.scalars.count else { throw PatternError("a parenthesis too many") }
        return node
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    private mutating func alternatives() throws(PatternError) -> PatternNode {
        guard depth < Self.depthLimit else { throw PatternError("groups nested deeper than \(Self.depthLimit)") }
        depth += 1
        // An option that is set in a group is over with it.
        let outer = ignoresCase
        defer {
            depth -= 1
            ignoresCase = outer
        }
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        var folded: Unicode.Scalar?
        while let scalar = current, scalar != "|", scalar != ")" {
            if scalar == "(", take("(?i)") {
                ignoresCase = true
                continue
            }
            let start = position
            let node = try repeated(atom())
            // Some letters are two of another spelling.
            let letter = ignoresCase && position == start + 1 ? scalar.lowered : nil
            if let first = folded, let letter, Self.ligatures.contains(String(first) + String(letter)) {
                throw PatternError("\(first)\(letter) where case is ignored")
            }
            folded = letter
            nodes.append(node)
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private static let ligatures: Set<String> = ["ff", "fi", "fl", "ss", "st"]

    // MARK: Repetition

    private mutating func repeated(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        guard let (least, most, isBraced) = try quantifier() else { return atom }
        if case .lookahead = atom { throw PatternError("a repeated (?...)") }
        guard !atom.isNullable else { throw PatternError("a repetition of what may be empty") }
        var (isLazy, isPossessive) = (false, false)
        if take("?") {
            isLazy = true
        } else if !isBraced, take("+") {
            isPossessive = true
            guard case .set = atom else { throw PatternError("a possessive repetition of more than one character") }
        }
        if try quantifier() != nil { throw PatternError("a repetition of a repetition") }
        return .repetition(atom, atLeast: least, atMost: most, isLazy: isLazy, isPossessive: isPossessive)
    }

    private mutating func quantifier() throws(PatternError) -> (least: Int, most: Int?, isBraced: Bool)? {
        if take("*") { return (0, nil, false) }
        if take("+") { return (1, nil, false) }
        if take("?") { return (0, 1, false) }
        guard current == "{" else { return nil }
        let start = position
        position += 1
        let least = try number()
        let hasComma = take(",")
        let most = hasComma ? try number() : least
        guard take("}"), least != nil || most != nil else {
            position = start
            throw PatternError("a brace that counts nothing")
        }
        guard (least ?? 0) <= (most ?? .max) else { throw PatternError("a count from the larger to the smaller") }
        return (least ?? 0, most, true)
    }

    private mutating func number() throws(PatternError) -> Int? {
        var value: Int?
        while let digit = current, ("0"..."9").contains(digit) {
            value = (value ?? 0) * 10 + Int(digit.value - 48)
            guard value! <= Self.repetitionLimit else {
                throw PatternError("a count above \(Self.repetitionLimit)")
            }
            position += 1
        }
        return value
    }

    // MARK: Atoms

    private mutating func atom() throws(PatternError) -> PatternNode {
        guard let scalar = current else { throw PatternError("an end too early") }
        switch scalar {
        case "(": return try group()
        case "[":
            position += 1
            return .set(try cased(bracket(depth: 0)))
        case ".":
            position += 1
            return .set(.anything)
        case "^":
            position += 1
            return .lineStart
        case "$":
            position += 1
            return .lineEnd
        case "*", "+", "?": throw PatternError("a repetition of nothing")
        case "\\":
            if take("\\A") { return .textStart }
            if take("\\z") { return .textEnd }
            return .set(try cased(PatternSet([try escape()])))
        default:
            position += 1
            return .set(try cased(PatternSet(scalar.value)))
        }
    }

    private func cased(_ set: PatternSet) throws(PatternError) -> PatternSet {
        ignoresCase ? try set.ignoringCase() : set
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        position += 1
        let outer = ignoresCase
        defer { ignoresCase = outer }
        var lookahead: Bool?
        if take("?") {
            if take(":") {
            } else if take("i:") {
                ignoresCase = true
            } else if take("-i:") {
                ignoresCase = false
            } else if take("=") {
                lookahead = false
            } else if take("!") {
                lookahead = true
            } else {
                throw PatternError("(?" + (current.map(String.init) ?? "") + "...)")
            }
        }
        let node = try alternatives()
        guard take(")") else { throw PatternError("a parenthesis that is not closed") }
        guard let isNegated = lookahead else { return node }
        guard !node.isUnbounded, !node.hasLookahead else {
            throw PatternError("a lookahead without a longest match, or one within another")
        }
        return .lookahead(node, isNegated: isNegated)
    }

    /// What is within brackets, the first of which has been read.
    private mutating func bracket(depth: Int) throws(PatternError) -> PatternSet {
        guard depth < Self.depthLimit else { throw PatternError("brackets nested deeper than \(Self.depthLimit)") }
        let isNegated = take("^")
        var items: [PatternSet.Item] = []
        while !take("]") {
            guard let scalar = current else { throw PatternError("a bracket that is not closed") }
            if take("[:") || take("&&") { throw PatternError("[:...:] or && in brackets") }
            if take("[") {
                items.append(.set(try bracket(depth: depth + 1)))
                continue
            }
            let first = try bracketItem(scalar)
            guard case .range(let low) = first, current == "-", position + 1 < scalars.count,
                scalars[position + 1] != "]"
            else {
                items.append(first)
                continue
            }
            position += 1
            guard let next = current, next != "[", case .range(let high) = try bracketItem(next),
                low.lowerBound <= high.lowerBound
            else { throw PatternError("a range in brackets that is none") }
            items.append(.range(low.lowerBound...high.lowerBound))
        }
        guard !items.isEmpty else { throw PatternError("empty brackets") }
        return PatternSet(items, isNegated: isNegated)
    }

    private mutating func bracketItem(_ scalar: Unicode.Scalar) throws(PatternError) -> PatternSet.Item {
        if scalar == "\\" { return try escape() }
        position += 1
        return .range(scalar.value...scalar.value)
    }

    // MARK: Escapes

    private static let controls: [Unicode.Scalar: UInt32] = [
        "n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "a": 7, "e": 27,
    ]

    private mutating func escape() throws(PatternError) -> PatternSet.Item {
        position += 1
        guard let scalar = current else { throw PatternError("a backslash at its end") }
        position += 1
        if let control = Self.controls[scalar] { return .range(control...control) }
        switch scalar {
        case "s": return .named(.space, isNegated: false)
        case "S": return .named(.space, isNegated: true)
        case "w": return .named(.word, isNegated: false)
        case "W": return .named(.word, isNegated: true)
        case "d": return .named(.digit, isNegated: false)
        case "D": return .named(.digit, isNegated: true)
        case "p": return .named(try property(), isNegated: false)
        case "P": return .named(try property(), isNegated: true)
        case "x": return try code(take("{") ? 1...8 : 2...2, isBraced: scalars[position - 1] == "{")
        case "u": return try code(4...4, isBraced: false)
        default:
            guard scalar.isASCII, !("0"..."9").contains(scalar), !scalar.properties.isAlphabetic else {
                throw PatternError("\\\(scalar)")
            }
            return .range(scalar.value...scalar.value)
        }
    }

    /// A category as in `{Lu}`.
    private mutating func property() throws(PatternError) -> CharacterClass {
        guard take("{"), let end = scalars[position...].firstIndex(of: "}") else { throw PatternError("\\p alone") }
        let name = String(String.UnicodeScalarView(scalars[position..<end]))
        let bits = Unicode.GeneralCategory.bits(named: name)
        guard bits != 0, name != "Cs" else { throw PatternError("\\p{\(name)}") }
        position = end + 1
        return .categories(bits)
    }

    private mutating func code(_ digits: ClosedRange<Int>, isBraced: Bool) throws(PatternError) -> PatternSet.Item {
        var text = ""
        while let digit = current, digit.properties.isASCIIHexDigit, text.utf8.count < digits.upperBound {
            text.unicodeScalars.append(digit)
            position += 1
        }
        guard digits.contains(text.utf8.count), !isBraced || take("}"), let value = UInt32(text, radix: 16),
            Unicode.Scalar(value) != nil, isBraced || digits.upperBound > 2 || value < 0x80
        else { throw PatternError("\\x or \\u without a character's number") }
        return .range(value...value)
    }
}

extension CharacterClass {
    /// `\d`.
    static let digit = CharacterClass.categories(Unicode.GeneralCategory.bits(of: [.decimalNumber]))
}

extension Unicode.Scalar {
    /// The lowercase letter of ASCII, or nil for anything else.
    fileprivate var lowered: Unicode.Scalar? {
        ("a"..."z").contains(self) ? self : ("A"..."Z").contains(self) ? Unicode.Scalar(value | 0x20) : nil
    }
}

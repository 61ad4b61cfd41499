/// A regular expression, compiled.
///
/// Finds what a backtracking matcher finds, in time proportional to the text: a choice that failed at a place fails
/// there whatever came before it, and is not tried again.
package struct Pattern: Sendable {
    enum Instruction: Sendable {
        case set(Int)
        /// As many as can be, from `atLeast` on, none of which is given back.
        case span(Int, atLeast: Int, atMost: Int)
        /// First the next instruction, then `other`; `index` counts the choices outside lookaheads and is -1 in one.
        case choice(other: Int, isLazy: Bool, index: Int)
        case jump(Int)
        /// What follows until an `accept`, and then `next`.
        case lookahead(next: Int, isNegated: Bool)
        case lineStart
        case lineEnd
        case textStart
        case textEnd
        case accept
    }

    let source: String
    private(set) var instructions: [Instruction] = []
    private(set) var sets: [PatternSet] = []
    private(set) var choices = 0

    static let instructionLimit = 4096

    /// - Throws: ``PatternError``.
    package init(_ source: String) throws(PatternError) {
        self.source = source
        try add(PatternParser.parse(source), isLast: true, isRemembered: true)
        instructions.append(.accept)
    }

    /// A text to be found as it is.
    init(literal: String) throws(PatternError) {
        source = literal
        for scalar in literal.unicodeScalars { try append(.set(index(of: PatternSet(scalar.value)))) }
        instructions.append(.accept)
    }

    private mutating func append(_ instruction: Instruction) throws(PatternError) {
        guard instructions.count < Self.instructionLimit else { throw PatternError("more than is compiled") }
        instructions.append(instruction)
    }

    private mutating func index(of set: PatternSet) -> Int {
        if let index = sets.firstIndex(of: set) { return index }
        sets.append(set)
        return sets.count - 1
    }

    /// A choice whose other way is not known yet.
    private mutating func choice(isLazy: Bool, isRemembered: Bool) throws(PatternError) -> Int {
        try append(.choice(other: 0, isLazy: isLazy, index: isRemembered ? choices : -1))
        if isRemembered { choices += 1 }
        return instructions.count - 1
    }

    private mutating func close(_ choice: Int) {
        guard case .choice(_, let isLazy, let index) = instructions[choice] else { return }
        instructions[choice] = .choice(other: instructions.count, isLazy: isLazy, index: index)
    }

    /// - Parameters:
    ///   - isLast: whether the match ends with this, so that nothing is ever given back.
    ///   - isRemembered: whether failed choices stay failed; in a lookahead they do so only until it ends.
    private mutating func add(_ node: PatternNode, isLast: Bool, isRemembered: Bool) throws(PatternError) {
        switch node {
        case .set(let set): try append(.set(index(of: set)))
        case .sequence(let nodes):
            for (place, part) in nodes.enumerated() {
                try add(part, isLast: isLast && place == nodes.count - 1, isRemembered: isRemembered)
            }
        case .alternatives(let nodes):
            var ends: [Int] = []
            for part in nodes.dropLast() {
                let start = try choice(isLazy: false, isRemembered: isRemembered)
                try add(part, isLast: isLast, isRemembered: isRemembered)
                ends.append(instructions.count)
                try append(.jump(0))
                close(start)
            }
            try add(nodes[nodes.count - 1], isLast: isLast, isRemembered: isRemembered)
            for end in ends { instructions[end] = .jump(instructions.count) }
        case .repetition(let part, let atLeast, let atMost, let isLazy, let isPossessive):
            if case .set(let set) = part, isPossessive || isLast && !isLazy {
                return try append(.span(index(of: set), atLeast: atLeast, atMost: atMost ?? .max))
            }
            try addRepetition(part, atLeast, atMost, isLazy: isLazy, isRemembered: isRemembered)
        case .lookahead(let part, let isNegated):
            let start = instructions.count
            try append(.lookahead(next: 0, isNegated: isNegated))
            try add(part, isLast: true, isRemembered: false)
            try append(.accept)
            instructions[start] = .lookahead(next: instructions.count, isNegated: isNegated)
        case .lineStart: try append(.lineStart)
        case .lineEnd: try append(.lineEnd)
        case .textStart: try append(.textStart)
        case .textEnd: try append(.textEnd)
        }
    }

    private mutating func addRepetition(
        _ part: PatternNode, _ atLeast: Int, _ atMost: Int?, isLazy: Bool, isRemembered: Bool
    ) throws(PatternError) {
        for _ in 0..<atLeast { try add(part, isLast: false, isRemembered: isRemembered) }
        guard let atMost else {
            let start = try choice(isLazy: isLazy, isRemembered: isRemembered)
            try add(part, isLast: false, isRemembered: isRemembered)
            try append(.jump(start))
            return close(start)
        }
        var open: [Int] = []
        for _ in atLeast..<atMost {
            open.append(try choice(isLazy: isLazy, isRemembered: isRemembered))
            try add(part, isLast: false, isRemembered: isRemembered)
        }
        for start in open { close(start) }
    }
}

extension Pattern: Hashable {
    package static func == (one: Pattern, other: Pattern) -> Bool { Array(one.source.utf8) == Array(other.source.utf8) }
    package func hash(into hasher: inout Hasher) { hasher.combine(Array(source.utf8)) }
}

extension Pattern {
    /// The parts of a text that match, in their order and without overlap, and those between.
    package func parts(of text: ArraySlice<UInt32>) -> [(range: Range<Int>, isMatch: Bool)] {
        var parts: [(range: Range<Int>, isMatch: Bool)] = []
        let base = text.startIndex
        text.withUnsafeBufferPointer { text in
            var matcher = PatternMatcher(self, text)
            var (previous, start) = (0, 0)
            var lastEnd: Int?
            while start <= text.count, let match = matcher.next(from: start) {
                // Nothing is found where the last match has ended.
                if match.isEmpty, match.upperBound == lastEnd {
                    start = match.upperBound + 1
                    continue
                }
                if previous < match.lowerBound {
                    parts.append((base + previous..<base + match.lowerBound, false))
                }
                parts.append((base + match.lowerBound..<base + match.upperBound, true))
                (previous, start, lastEnd) = (match.upperBound, match.upperBound, match.upperBound)
            }
            if previous < text.count { parts.append((base + previous..<base + text.count, false)) }
        }
        return parts
    }
}

/// Runs a pattern over one text from left to right.
private struct PatternMatcher {
    private let instructions: [Pattern.Instruction]
    private let sets: [PatternSet]
    private let text: UnsafeBufferPointer<UInt32>
    private var stack: [(instruction: Int, position: Int)] = []
    /// One row of bits for each place from `base` on: the choices that have failed there.
    private var failed: [UInt64] = []
    private var base = 0
    private let words: Int
    /// Choices of the lookahead that is being tried, each with its place.
    private var tried: Set<Int> = []

    init(_ pattern: Pattern, _ text: UnsafeBufferPointer<UInt32>) {
        instructions = pattern.instructions
        sets = pattern.sets
        words = (pattern.choices + 63) / 64
        self.text = text
    }

    /// The first match that begins at `start` or later.
    mutating func next(from start: Int) -> Range<Int>? {
        for begin in start...text.count {
            forget(before: begin)
            stack.removeAll(keepingCapacity: true)
            guard let end = run(0, begin, floor: 0) else { continue }
            // Of what was left open here nothing has failed.
            forget(before: end + 1)
            return begin..<end
        }
        return nil
    }

    /// Whether a choice is new here; it is not from then on.
    private mutating func isNew(_ choice: Int, at position: Int) -> Bool {
        guard position >= base else { return true }
        let place = (position - base) * words + choice >> 6
        if place >= failed.count {
            failed.append(contentsOf: repeatElement(0, count: (position - base + 1) * words - failed.count))
        }
        let bit: UInt64 = 1 << UInt64(choice & 63)
        guard failed[place] & bit == 0 else { return false }
        failed[place] |= bit
        return true
    }

    private mutating func forget(before position: Int) {
        guard position > base else { return }
        let rows = failed.count / max(words, 1)
        // Whole rows go when there are many, so that the rest seldom moves.
        guard position - base >= rows || (position - base > 256 && 2 * (position - base) > rows) else {
            return clear(before: position, rows: rows)
        }
        failed.removeFirst(min(position - base, rows) * words)
        base = position
    }

    /// Of the places before `position` only the last can be met again, where a match has ended: nothing has failed there.
    private mutating func clear(before position: Int, rows: Int) {
        let row = position - 1 - base
        guard row < rows else { return }
        for word in 0..<words { failed[row * words + word] = 0 }
    }

    /// The end of the match of the instructions from here on.
    private mutating func run(_ start: Int, _ begin: Int, floor: Int) -> Int? {
        var (instruction, position) = (start, begin)
        while true {
            if let next = step(instruction, position) {
                (instruction, position) = next
                if instruction < 0 { return position }
            } else {
                guard stack.count > floor, let last = stack.popLast() else { return nil }
                (instruction, position) = last
            }
        }
    }

    /// What comes after an instruction and where, the instruction -1 at the end of the match; nil if it does not match.
    @inline(__always)
    private mutating func step(_ instruction: Int, _ position: Int) -> (Int, Int)? {
        switch instructions[instruction] {
        case .set(let set):
            guard position < text.count, sets[set].contains(text[position]) else { return nil }
            return (instruction + 1, position + 1)
        case .span(let set, let atLeast, let atMost):
            var end = position
            while end < text.count, end - position < atMost, sets[set].contains(text[end]) { end += 1 }
            return end - position >= atLeast ? (instruction + 1, end) : nil
        case .choice(let other, let isLazy, let index):
            guard
                index < 0
                    ? tried.insert(instruction * (text.count + 1) + position).inserted : isNew(index, at: position)
            else { return nil }
            stack.append((isLazy ? instruction + 1 : other, position))
            return (isLazy ? other : instruction + 1, position)
        case .jump(let target): return (target, position)
        case .lookahead(let next, let isNegated):
            let floor = stack.count
            let isMatch = run(instruction + 1, position, floor: floor) != nil
            stack.removeLast(stack.count - floor)
            if !tried.isEmpty { tried.removeAll(keepingCapacity: true) }
            return isMatch != isNegated ? (next, position) : nil
        case .lineStart: return position == 0 || text[position - 1] == 0x0A ? (instruction + 1, position) : nil
        case .lineEnd: return position == text.count || text[position] == 0x0A ? (instruction + 1, position) : nil
        case .textStart: return position == 0 ? (instruction + 1, position) : nil
        case .textEnd: return position == text.count ? (instruction + 1, position) : nil
        case .accept: return (-1, position)
        }
    }
}

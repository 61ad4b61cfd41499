/// A ciphertext of numbers on the way to one ciphertext for each: its plaintext has coefficients at multiples of `2^level`
/// alone, of consecutive numbers, as many as the levels that are left can tell apart.
package struct ExpansionPart: Sendable {
    fileprivate let ciphertext: Ciphertext
    fileprivate let level: Int
    /// The first of its numbers, and the end of all.
    fileprivate let number: Int
    fileprivate let end: Int

    /// - Parameter numbers: the first of them at coefficients in bit-reversed order, ``place(_:levels:)``; those of the others
    ///   are zero.
    package init(_ ciphertext: Ciphertext, numbers: Range<Int>) {
        self.init(ciphertext, level: 0, number: numbers.lowerBound, end: numbers.upperBound)
    }

    fileprivate init(_ ciphertext: Ciphertext, level: Int, number: Int, end: Int) {
        self.ciphertext = ciphertext
        self.level = level
        self.number = number
        self.end = end
    }

    /// The coefficient of a number in a ciphertext of up to `2^levels`: the numbers that are together longest are consecutive.
    package static func place(_ number: Int, levels: Int) -> Int {
        TransformModulus.reversed(number, below: 1 << levels)
    }

    /// Parts that `count` numbers are in at a level.
    package static func count(_ count: Int, level: Int, of levels: Int) -> Int { (count - 1) >> (levels - level) + 1 }
}

extension CiphertextPacking {
    /// Takes ciphertexts of numbers apart: calls the body with encryptions of consecutive numbers times `2^levels`, each a
    /// ciphertext of its own, on several threads at the same time.
    ///
    /// - Parameters:
    ///   - parts: of at most `2^levels` numbers each.
    ///   - levels: at most those that have automorphisms.
    ///   - together: the body gets up to `2^together` numbers at once.
    package func expand(
        _ parts: [ExpansionPart], levels: Int, together: Int, _ workers: Workers<PackingWorkspace>,
        _ body: @Sendable (_ first: Int, [Ciphertext], PackingWorkspace) -> Void
    ) {
        precondition(levels <= self.levels.count && parts.allSatisfy { $0.end - $0.number <= 1 << levels })
        let last = max(0, levels - together)
        var (parts, level) = (parts, 0)
        while level < last && parts.count < workers.goodPartCount {
            parts = workers.map(parts) { split($0, levels: levels, $1) }.flatMap { $0 }
            level += 1
        }
        _ = workers.map(parts) { expand($0, to: last, levels: levels, $1, body) }
    }

    private func expand(
        _ part: ExpansionPart, to last: Int, levels: Int, _ workspace: PackingWorkspace,
        _ body: (_ first: Int, [Ciphertext], PackingWorkspace) -> Void
    ) {
        guard part.level < last else {
            return body(part.number, numbers(part, levels: levels, workspace), workspace)
        }
        for half in split(part, levels: levels, workspace) {
            expand(half, to: last, levels: levels, workspace, body)
        }
    }

    private func numbers(_ part: ExpansionPart, levels: Int, _ workspace: PackingWorkspace) -> [Ciphertext] {
        guard part.level < levels else { return [part.ciphertext] }
        return split(part, levels: levels, workspace).flatMap { numbers($0, levels: levels, workspace) }
    }

    /// The parts with the first and with the second half of the numbers, as far as there are any, each doubled.
    ///
    /// What is taken to the second half's place and back is encrypted under the secret itself.
    private func split(_ part: ExpansionPart, levels: Int, _ workspace: PackingWorkspace) -> [ExpansionPart] {
        let (ciphertext, level) = (part.ciphertext, part.level)
        let middle = part.number + 1 << (levels - level - 1)
        var image = Ciphertext.zero(ring)
        addImage(of: ciphertext, to: &image, level, workspace)
        var odd: [ExpansionPart] = []
        if middle < part.end {
            var difference = ciphertext
            ring.subtract(image.body, from: &difference.body)
            ring.subtract(image.mask, from: &difference.mask)
            ring.multiply(&difference.body, by: self.levels[level].inverse)
            ring.multiply(&difference.mask, by: self.levels[level].inverse)
            odd.append(ExpansionPart(difference, level: level + 1, number: middle, end: part.end))
        }
        ring.add(ciphertext.body, to: &image.body)
        ring.add(ciphertext.mask, to: &image.mask)
        let even = ExpansionPart(image, level: level + 1, number: part.number, end: min(middle, part.end))
        return [even] + odd
    }
}

/// A ciphertext of numbers on the way to one ciphertext for each: its plaintext has coefficients at multiples of `2^level`
/// alone, of every `2^level`-th number.
package struct ExpansionPart: Sendable {
    fileprivate let ciphertext: Ciphertext
    fileprivate let level: Int
    /// The first of its numbers, and the end of all.
    fileprivate let number: Int
    fileprivate let end: Int

    /// - Parameter numbers: those in the first coefficients; the coefficients behind them are zero.
    package init(_ ciphertext: Ciphertext, numbers: Range<Int>) {
        self.init(ciphertext, level: 0, number: numbers.lowerBound, end: numbers.upperBound)
    }

    fileprivate init(_ ciphertext: Ciphertext, level: Int, number: Int, end: Int) {
        self.ciphertext = ciphertext
        self.level = level
        self.number = number
        self.end = end
    }
}

extension CiphertextPacking {
    /// Takes ciphertexts of numbers apart: calls the body for each number with an encryption of it times `2^levels`, on
    /// several threads at the same time.
    ///
    /// - Parameters:
    ///   - parts: of at most `2^levels` numbers each.
    ///   - levels: at most those that have automorphisms.
    package func expand(
        _ parts: [ExpansionPart], levels: Int, _ workers: Workers<PackingWorkspace>,
        _ body: @Sendable (_ number: Int, Ciphertext, PackingWorkspace) -> Void
    ) {
        precondition(levels <= self.levels.count && parts.allSatisfy { $0.end - $0.number <= 1 << levels })
        var (parts, level) = (parts, 0)
        while level < levels && parts.count < workers.goodPartCount {
            parts = workers.map(parts) { split($0, $1) }.flatMap { $0 }
            level += 1
        }
        _ = workers.map(parts) { expand($0, levels: levels, $1, body) }
    }

    private func expand(
        _ part: ExpansionPart, levels: Int, _ workspace: PackingWorkspace,
        _ body: (_ number: Int, Ciphertext, PackingWorkspace) -> Void
    ) {
        guard part.level < levels else { return body(part.number, part.ciphertext, workspace) }
        for half in split(part, workspace) { expand(half, levels: levels, workspace, body) }
    }

    /// The parts with every other number, as far as there are any, each doubled.
    ///
    /// What is taken to the second half's place and back is encrypted under the secret itself.
    private func split(_ part: ExpansionPart, _ workspace: PackingWorkspace) -> [ExpansionPart] {
        let (ciphertext, level) = (part.ciphertext, part.level)
        var image = Ciphertext.zero(ring)
        addImage(of: ciphertext, to: &image, level, workspace)
        var halves: [ExpansionPart] = []
        let odd = part.number + 1 << level
        if odd < part.end {
            var difference = ciphertext
            ring.subtract(image.body, from: &difference.body)
            ring.subtract(image.mask, from: &difference.mask)
            ring.multiply(&difference.body, by: levels[level].inverse)
            ring.multiply(&difference.mask, by: levels[level].inverse)
            halves.append(ExpansionPart(difference, level: level + 1, number: odd, end: part.end))
        }
        ring.add(ciphertext.body, to: &image.body)
        ring.add(ciphertext.mask, to: &image.mask)
        halves.append(ExpansionPart(image, level: level + 1, number: part.number, end: part.end))
        return halves
    }
}

/// A ciphertext of numbers on the way to one ciphertext for each: its plaintext has coefficients at multiples of `2^level`
/// alone, of consecutive numbers, as many as the levels that are left can tell apart.
package struct ExpansionPart: Sendable {
    fileprivate var ciphertext: Ciphertext
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
        if levels > 0 { for index in parts.indices { switching.multiply(&parts[index].ciphertext) } }
        while level < last && parts.count < workers.goodPartCount {
            parts = workers.map(parts) { split([$0], levels: levels, $1) }.flatMap { $0 }
            level += 1
        }
        let size = max(1, min(Self.partCount, parts.count / workers.goodPartCount))
        let groups = stride(from: 0, to: parts.count, by: size).map { Array(parts[$0..<min(parts.count, $0 + size)]) }
        _ = workers.map(groups) { expand($0, to: last, levels: levels, $1, body) }
    }

    /// So many parts are split by turns while others wait.
    private static let partCount = 8

    /// Parts of the same level.
    private func expand(
        _ parts: [ExpansionPart], to last: Int, levels: Int, _ workspace: PackingWorkspace,
        _ body: (_ first: Int, [Ciphertext], PackingWorkspace) -> Void
    ) {
        guard let level = parts.first?.level else { return }
        guard level < last else {
            for part in parts { body(part.number, numbers(part, levels: levels, workspace), workspace) }
            return
        }
        let halves = split(parts, levels: levels, workspace)
        for first in stride(from: 0, to: halves.count, by: Self.partCount) {
            let part = Array(halves[first..<min(halves.count, first + Self.partCount)])
            expand(part, to: last, levels: levels, workspace, body)
        }
    }

    private func numbers(_ part: ExpansionPart, levels: Int, _ workspace: PackingWorkspace) -> [Ciphertext] {
        var parts = [part]
        while parts[0].level < levels { parts = split(parts, levels: levels, workspace) }
        return parts.map { part in
            var ciphertext = part.ciphertext
            if levels > 0 { switching.divide(&ciphertext, workspace) }
            return ciphertext
        }
    }

    /// The parts, all of one level, with the first and with the second half of the numbers of each, as far as there are any,
    /// each doubled.
    ///
    /// What is taken to the second half's place and back is encrypted under the secret itself.
    private func split(_ parts: [ExpansionPart], levels: Int, _ workspace: PackingWorkspace) -> [ExpansionPart] {
        let level = parts[0].level
        var images = [Ciphertext](repeating: .zero(ring), count: parts.count)
        addImages(of: parts.map(\.ciphertext), to: &images, level, workspace)
        var halves: [ExpansionPart] = []
        for (index, part) in parts.enumerated() {
            let middle = part.number + 1 << (levels - level - 1)
            var even = part.ciphertext
            even.extend(ring)
            sumAndDifference(&even.body, &images[index].body, level)
            sumAndDifference(&even.mask, &images[index].mask, level)
            halves.append(
                ExpansionPart(even, level: level + 1, number: part.number, end: min(middle, part.end)))
            guard middle < part.end else { continue }
            halves.append(ExpansionPart(images[index], level: level + 1, number: middle, end: part.end))
        }
        return halves
    }

    /// `A + B` and `(A - B)/X^s` in the places of A and B.
    private func sumAndDifference(_ a: inout [UInt64], _ b: inout [UInt64], _ level: Int) {
        b.withUnsafeMutableBufferPointer { b in
            levels[level].inverse.withUnsafeBufferPointer { inverse in
                ring.update(&a) { modulus, a, index in
                    let offset = index * ring.degree
                    modulus.sumAndDifference(a, b.baseAddress! + offset, times: inverse.baseAddress! + offset)
                }
            }
        }
    }
}

/// A ciphertext of numbers on the way to one ciphertext for each: its plaintext has coefficients at multiples of `2^level`
/// alone, of every `2^level`-th number.
package struct ExpansionPart: Sendable {
    fileprivate var ciphertext: Ciphertext
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
        if levels > 0 { for index in parts.indices { switching.multiply(&parts[index].ciphertext) } }
        while level < levels && parts.count < workers.goodPartCount {
            parts = workers.map(parts) { split([$0], $1) }.flatMap { $0 }
            level += 1
        }
        let size = max(1, min(Self.partCount, parts.count / workers.goodPartCount))
        let groups = stride(from: 0, to: parts.count, by: size).map { Array(parts[$0..<min(parts.count, $0 + size)]) }
        _ = workers.map(groups) { expand($0, levels: levels, $1, body) }
    }

    /// So many parts are split by turns while others wait.
    private static let partCount = 8

    /// Parts of the same level.
    private func expand(
        _ parts: [ExpansionPart], levels: Int, _ workspace: PackingWorkspace,
        _ body: (_ number: Int, Ciphertext, PackingWorkspace) -> Void
    ) {
        guard let level = parts.first?.level else { return }
        guard level < levels else {
            for part in parts {
                var ciphertext = part.ciphertext
                if levels > 0 { switching.divide(&ciphertext, workspace) }
                body(part.number, ciphertext, workspace)
            }
            return
        }
        let halves = split(parts, workspace)
        for first in stride(from: 0, to: halves.count, by: Self.partCount) {
            expand(
                Array(halves[first..<min(halves.count, first + Self.partCount)]), levels: levels, workspace, body)
        }
    }

    /// The parts, all of one level, with every other number of each, as far as there are any, each doubled.
    ///
    /// What is taken to the second half's place and back is encrypted under the secret itself.
    private func split(_ parts: [ExpansionPart], _ workspace: PackingWorkspace) -> [ExpansionPart] {
        let level = parts[0].level
        var images = [Ciphertext](repeating: .zero(ring), count: parts.count)
        addImages(of: parts.map(\.ciphertext), to: &images, level, workspace)
        var halves: [ExpansionPart] = []
        for (index, part) in parts.enumerated() {
            var even = part.ciphertext
            even.extend(ring)
            sumAndDifference(&even.body, &images[index].body, level)
            sumAndDifference(&even.mask, &images[index].mask, level)
            let odd = part.number + 1 << level
            if odd < part.end {
                halves.append(ExpansionPart(images[index], level: level + 1, number: odd, end: part.end))
            }
            halves.append(ExpansionPart(even, level: level + 1, number: part.number, end: part.end))
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

/// The packing of responses, by automorphisms.
///
/// The automorphism of a level i, `X -> X^(N/2^i + 1)`, only has to do with polynomials in `X^(2^i)`: of these the one of a
/// higher level j, applied `2^(j - i)` times, is the same (below the highest level that a ring has).
package struct CiphertextPacking: Sendable {
    package let ring: ResidueRing
    package let switching: KeySwitching
    package let levels: [Level]

    package struct Level: Sendable {
        /// Values of `X^(2^level)` and of its inverse, modulo the basis.
        let monomial: [UInt64]
        let inverse: [UInt64]
        /// The key of its automorphism, and how often that is applied.
        let key: Int
        let repeats: Int
    }

    package init(_ ring: ResidueRing, _ keys: ServerKeys) {
        self.ring = ring
        switching = KeySwitching(ring, keys)
        let (parameters, count) = (ring.parameters, ring.basis.count)
        levels = (0..<parameters.packingLevels).map { level in
            let key = parameters.keyLevels.firstIndex { $0 >= level }!
            return Level(
                monomial: ring.monomial(1 << level, count: count),
                inverse: ring.monomial(-(1 << level), count: count), key: key,
                repeats: 1 << (parameters.keyLevels[key] - level))
        }
    }

    /// So many columns' ciphertexts are made and packed while others wait.
    private static let leafCount = 16

    /// Up to `2^levels` columns `first, first + step, ...` below `end` packed into one ciphertext, with `2^level` coefficients between
    /// the last two that are merged.
    ///
    /// Of the columns in turn every other one is packed by itself, which leaves coefficients twice as far apart; then
    /// `A + X^s·B + (A - X^s·B)^g` with `s = 2^level` and the automorphism of the level keeps of A the multiples of `2s`, of
    /// B those in between, doubles both, and takes away everything else at multiples of s.
    ///
    /// - Parameter leaves: the ciphertexts of up to ``TransformModulus/columnCount`` columns, bodies times P.
    package func pack(
        first: Int, step: Int, end: Int, level: Int, levels remaining: Int, _ workspace: PackingWorkspace,
        leaves: ([Int]) -> [Ciphertext]
    ) -> Ciphertext? {
        guard first < end else { return nil }
        guard 1 << remaining > Self.leafCount else {
            let chosen = Array(stride(from: first, to: end, by: step).prefix(1 << remaining))
            let size = TransformModulus.columnCount
            var columns = stride(from: 0, to: chosen.count, by: size).flatMap {
                leaves(Array(chosen[$0..<min(chosen.count, $0 + size)]))
            }
            for stage in (0..<remaining).reversed() {
                merge(&columns, count: 1 << stage, level: level + stage, workspace)
            }
            return columns[0]
        }
        var halves = [first, first + step].compactMap { first in
            pack(
                first: first, step: 2 * step, end: end, level: level + 1, levels: remaining - 1, workspace,
                leaves: leaves)
        }
        merge(&halves, count: 1, level: level, workspace)
        return halves[0]
    }

    /// Merges each of the first `count` ciphertexts with the one `count` further, if that is there.
    private func merge(_ columns: inout [Ciphertext], count: Int, level: Int, _ workspace: PackingWorkspace) {
        var odds = Array(columns.dropFirst(count))
        columns.removeLast(odds.count)
        for index in odds.indices {
            separate(&columns[index].body, &odds[index].body, level)
            separate(&columns[index].mask, &odds[index].mask, level)
        }
        odds += columns[odds.count...]
        addImages(of: odds, to: &columns, level, workspace)
    }

    /// `A + X^s·B` and `A - X^s·B` in the places of A and B.
    private func separate(_ a: inout [UInt64], _ b: inout [UInt64], _ level: Int) {
        b.withUnsafeMutableBufferPointer { b in
            levels[level].monomial.withUnsafeBufferPointer { monomial in
                ring.update(&a) { modulus, a, index in
                    let offset = index * ring.degree
                    modulus.addAndSubtract(a, b.baseAddress! + offset, times: monomial.baseAddress! + offset)
                }
            }
        }
    }

    /// Adds to each sum the image of a ciphertext, bodies times P, under a level's automorphism, encrypted under the secret
    /// itself.
    package func addImages(
        of ciphertexts: [Ciphertext], to sums: inout [Ciphertext], _ level: Int, _ workspace: PackingWorkspace
    ) {
        func addOnce(_ ciphertexts: [Ciphertext], to sums: inout [Ciphertext]) {
            for first in stride(from: 0, to: ciphertexts.count, by: KeySwitching.batch) {
                let part = ciphertexts[first..<min(ciphertexts.count, first + KeySwitching.batch)]
                switching.addImages(of: part, to: &sums, at: first, key: levels[level].key, workspace)
            }
        }
        var images = ciphertexts
        for _ in 1..<levels[level].repeats {
            var next = [Ciphertext](repeating: .zero(ring), count: images.count)
            addOnce(images, to: &next)
            images = next
        }
        addOnce(images, to: &sums)
    }
}

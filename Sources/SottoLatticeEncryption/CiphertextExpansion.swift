extension CiphertextPacking {
    /// Takes a ciphertext of numbers, its first coefficients, apart: calls the body for each with an encryption of the number
    /// times `2^levels`.
    ///
    /// At a level i the plaintext has coefficients at multiples of `2^i` alone; the ones before and after the split are
    /// encrypted under the secret itself.
    ///
    /// - Parameters:
    ///   - count: of numbers, at most `2^levels`; the coefficients from there on are zero.
    ///   - levels: at most those that have automorphisms.
    package func expand(
        _ ciphertext: Ciphertext, count: Int, levels: Int, _ workspace: PackingWorkspace,
        _ body: (_ index: Int, Ciphertext) -> Void
    ) {
        precondition(count <= 1 << levels && levels <= self.levels.count)
        split(ciphertext, index: 0, level: 0, count: count, depth: levels, workspace, body)
    }

    private func split(
        _ ciphertext: Ciphertext, index: Int, level: Int, count: Int, depth: Int, _ workspace: PackingWorkspace,
        _ body: (_ index: Int, Ciphertext) -> Void
    ) {
        guard level < depth else { return body(index, ciphertext) }
        var image = Ciphertext.zero(ring)
        addImage(of: ciphertext, to: &image, level, workspace)
        let odd = index + 1 << level
        if odd < count {
            var difference = ciphertext
            ring.subtract(image.body, from: &difference.body)
            ring.subtract(image.mask, from: &difference.mask)
            ring.multiply(&difference.body, by: levels[level].inverse)
            ring.multiply(&difference.mask, by: levels[level].inverse)
            split(difference, index: odd, level: level + 1, count: count, depth: depth, workspace, body)
        }
        ring.add(ciphertext.body, to: &image.body)
        ring.add(ciphertext.mask, to: &image.mask)
        split(image, index: index, level: level + 1, count: count, depth: depth, workspace, body)
    }
}

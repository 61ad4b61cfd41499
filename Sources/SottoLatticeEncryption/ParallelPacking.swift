extension CiphertextPacking {
    /// Threads that pack and expand.
    /// - Parameter words: memory that a thread writes over beside.
    package func workers(_ threads: Int, words: Int = 0) -> Workers<PackingWorkspace> {
        let ring = ring
        return Workers(threads: threads) { PackingWorkspace(ring, words: words) }
    }

    /// Groups of at most `2^levels` columns, each packed into one ciphertext with `2^level` coefficients between the last
    /// two that are merged.
    ///
    /// Where there are few groups, several threads pack the columns of one: every `2^depth`-th of them first, and then from
    /// level to level what has been packed, as one thread does it.
    ///
    /// - Parameter leaves: the ciphertexts of up to ``TransformModulus/columnCount`` columns, bodies times P.
    package func pack(
        _ groups: [Range<Int>], level: Int, levels: Int, _ workers: Workers<PackingWorkspace>,
        leaves: @Sendable ([Int], PackingWorkspace) -> [Ciphertext]
    ) -> [Ciphertext] {
        var depth = 0
        while depth < levels && groups.count << depth < workers.goodPartCount { depth += 1 }
        func parts(_ depth: Int) -> [GroupPart] {
            groups.indices.flatMap { group in (0..<1 << depth).map { GroupPart(group: group, offset: $0) } }
        }
        var packed = workers.map(parts(depth)) { [depth] part, workspace in
            let columns = groups[part.group]
            return pack(
                first: columns.lowerBound + part.offset, step: 1 << depth, end: columns.upperBound,
                level: level + depth, levels: levels - depth, workspace
            ) { leaves($0, workspace) }
        }
        while depth > 0 {
            depth -= 1
            packed = workers.map(parts(depth)) { [depth, packed] part, workspace in
                let columns = groups[part.group]
                return pack(
                    first: columns.lowerBound + part.offset, step: 1 << depth, end: columns.upperBound,
                    level: level + depth, levels: 1, workspace
                ) { $0.map { packed[part.group << (depth + 1) + $0 - columns.lowerBound]! } }
            }
        }
        return workers.map(packed) { ciphertext, workspace in
            var ciphertext = ciphertext!
            if levels > 0 { switching.divide(&ciphertext, workspace) }
            return ciphertext
        }
    }

    /// Some columns of a group, those at an offset and every so many further.
    private struct GroupPart: Sendable {
        let group: Int
        let offset: Int
    }
}

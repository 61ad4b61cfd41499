import SottoRandomness

// What the kernels do, where there are none.

/// Lanes of a chunk of keys, as many for each as fill whole groups of kernels, so that both walk alike.
struct ComparisonLanes {
    let keys: Range<Int>
    let lanesOfKey: Int
    var points: [UInt64]
    var seeds: [Block]
    /// All ones where the control bit is set.
    var control: [UInt64]
    /// By lane and component.
    var sums: [UInt64]

    /// Kernels' lanes of a key with so many points: groups of four hold one key, or two with two points.
    static func padded(_ lanes: Int) -> Int { lanes <= 2 ? 2 : (lanes + 3) / 4 * 4 }
}

extension ComparisonWalk {
    /// By key, point and component.
    func portably(_ keys: Range<Int>, _ points: [UInt64], _ clusters: PointClusters) throws -> [UInt64] {
        let (pointsOfKey, components) = (clusters.pointsOfKey, format.components)
        func point(_ key: Int, _ number: Int) -> UInt64 { points[key * pointsOfKey + number] }
        let leaders = keys.flatMap { key in clusters.leaders.map { point(key, $0) } }
        var lanes = ComparisonLanes(
            keys: keys, lanesOfKey: clusters.leaders.count, points: leaders,
            seeds: keys.flatMap { [Block](repeating: roots[$0].even, count: clusters.leaders.count) },
            control: [UInt64](repeating: isServer ? 0 : .max, count: leaders.count),
            sums: [UInt64](repeating: 0, count: leaders.count * components))
        let level = min(clusters.level, format.levels)
        for level in 0..<level { try descend(&lanes, level) }
        lanes = parted(lanes, clusters, shift: UInt64(format.inputBits - level)) { point($0, $1) }
        for level in level..<format.levels { try descend(&lanes, level) }
        if format.leafBits > 0 { try finish(&lanes) }
        return isServer ? lanes.sums : lanes.sums.map { 0 &- $0 }
    }

    /// Lanes of all points, each at the node of the first or of the last of its cluster.
    private func parted(
        _ leaders: ComparisonLanes, _ clusters: PointClusters, shift: UInt64, point: (Int, Int) -> UInt64
    ) -> ComparisonLanes {
        var lanes = ComparisonLanes(
            keys: leaders.keys, lanesOfKey: clusters.pointsOfKey, points: [], seeds: [], control: [], sums: [])
        for (place, key) in leaders.keys.enumerated() {
            for (number, choice) in clusters.choices.enumerated() {
                let point = point(key, number)
                let first = place * leaders.lanesOfKey + choice.first
                let isFirst = (leaders.points[first] ^ point) >> shift == 0
                let from = isFirst ? first : place * leaders.lanesOfKey + choice.last
                lanes.points.append(point)
                lanes.seeds.append(leaders.seeds[from])
                lanes.control.append(leaders.control[from])
                lanes.sums += leaders.sums[from * format.components..<(from + 1) * format.components]
            }
        }
        return lanes
    }

    private func descend(_ lanes: inout ComparisonLanes, _ level: Int) throws {
        let shift = UInt64(format.inputBits - 1 - level)
        let row = level * roots.count
        for block in 0..<format.valueBlocks {
            let own = try hash.hashes(lanes.seeds, TreeHash.Tweak.values(block))
            for lane in lanes.seeds.indices {
                let key = lanes.keys.lowerBound + lane / lanes.lanesOfKey
                let goesLeft = (lanes.points[lane] >> shift) & 1 &- 1
                for component in format.components(ofBlock: block, of: format.components) {
                    let correction = corrections.values[(row + key) * format.components + component]
                    lanes.sums[lane * format.components + component] &+=
                        goesLeft & (format.word(component, of: own[lane]) &+ (lanes.control[lane] & correction))
                }
            }
        }
        guard level < format.seedLevels else { return }
        var children = zip(lanes.seeds, lanes.points).map {
            $0 ^ TreeHash.Tweak.child(isRight: ($1 >> shift) & 1 == 1)
        }
        try hash.hash(&children)
        let bits = level * ComparisonCorrections.bitWords(roots.count)
        for lane in lanes.seeds.indices {
            let key = lanes.keys.lowerBound + lane / lanes.lanesOfKey
            let goesRight = Block.mask(lanes.points[lane] >> shift)
            let rightBit = (corrections.rightBits[bits + key >> 6] >> UInt64(key & 63)) & 1
            let place = 2 * (row + key)
            let correction = Block(corrections.seeds[place], corrections.seeds[place + 1])
            let corrected = correction ^ (goesRight & (Block(correction.lowestBit ^ rightBit, 0)))
            let child = children[lane] ^ (Block(repeating: lanes.control[lane]) & corrected)
            lanes.seeds[lane] = child.even
            lanes.control[lane] = 0 &- child.lowestBit
        }
    }

    private func finish(_ lanes: inout ComparisonLanes) throws {
        let last: UInt64 = (1 << UInt64(format.leafBits)) - 1
        for block in 0..<format.valueBlocks {
            var own = zip(lanes.seeds, lanes.points).map { seed, point in
                seed ^ TreeHash.Tweak.values(Int(point & last) * format.valueBlocks + block)
            }
            try hash.hash(&own)
            for lane in lanes.seeds.indices {
                // The last point of a leaf has no entry. Points are public.
                let entry = Int(lanes.points[lane] & last)
                guard entry < format.leafEntries else { continue }
                let row = (format.levels + entry) * roots.count + lanes.keys.lowerBound + lane / lanes.lanesOfKey
                for component in format.components(ofBlock: block, of: format.components) {
                    let correction = corrections.values[row * format.components + component]
                    lanes.sums[lane * format.components + component] &+=
                        format.word(component, of: own[lane]) &+ (lanes.control[lane] & correction)
                }
            }
        }
    }
}

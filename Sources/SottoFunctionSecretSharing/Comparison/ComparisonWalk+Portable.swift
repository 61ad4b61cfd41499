import SottoRandomness

// What the kernels do, where there are none.

extension ComparisonWalk {
    /// Keys of the batch.
    private var count: Int { corrections.values.count / format.valueCount }

    func descendPortably(_ lanes: inout ComparisonLanes, _ level: Int) throws {
        let shift = UInt64(format.inputBits - 1 - level)
        let row = level * count
        for block in 0..<format.valueBlocks {
            let own = try hash.hashes(lanes.seeds, TreeHash.Tweak.values(block))
            forEachLane(of: lanes) { lane, key, sum in
                let goesLeft = (lanes.points[lane] >> shift) & 1 &- 1
                for component in 2 * block..<min(2 * block + 2, format.components) {
                    let correction = corrections.values[(row + key) * format.components + component]
                    lanes.sums[sum(component)] &+=
                        goesLeft & (own[lane].word(component) &+ (lanes.control[lane] & correction))
                }
            }
        }
        guard level < format.seedLevels else { return }
        var children = zip(lanes.seeds, lanes.points).map {
            $0 ^ TreeHash.Tweak.child(isRight: ($1 >> shift) & 1 == 1)
        }
        try hash.hash(&children)
        let bits = level * ComparisonCorrections.bitWords(count)
        forEachLane(of: lanes) { lane, key, _ in
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

    func finishPortably(_ lanes: inout ComparisonLanes) throws {
        let last: UInt64 = (1 << UInt64(format.leafBits)) - 1
        for block in 0..<format.valueBlocks {
            var own = zip(lanes.seeds, lanes.points).map { seed, point in
                seed ^ TreeHash.Tweak.values(Int(point & last) * format.valueBlocks + block)
            }
            try hash.hash(&own)
            forEachLane(of: lanes) { lane, key, sum in
                // The last point of a leaf has no entry. Points are public.
                let entry = Int(lanes.points[lane] & last)
                guard entry < format.leafEntries else { return }
                let row = (format.levels + entry) * count + key
                for component in 2 * block..<min(2 * block + 2, format.components) {
                    let correction = corrections.values[row * format.components + component]
                    lanes.sums[sum(component)] &+=
                        own[lane].word(component) &+ (lanes.control[lane] & correction)
                }
            }
        }
    }

    /// - Parameter body: given the lane, its key in the batch, and where a component's sum stands.
    private func forEachLane(
        of lanes: ComparisonLanes, _ body: (Int, Int, _ sum: (Int) -> Int) -> Void
    ) {
        let (width, components) = (Self.groupLanes, format.components)
        let lanesOfKey = lanes.groups * width
        for lane in 0..<lanes.keys * lanesOfKey {
            body(lane, lanes.first + lane / lanesOfKey) { (lane / width * components + $0) * width + lane % width }
        }
    }
}

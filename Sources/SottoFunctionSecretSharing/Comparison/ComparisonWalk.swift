import CSottoCipherKernels
import SottoRandomness

/// The walk of a batch down its trees: every point of a key is a lane, which goes from the root to its leaf, or from where its
/// cluster parts.
struct ComparisonWalk {
    let format: ComparisonFormat
    let isServer: Bool
    let hash: TreeHash
    let corrections: ComparisonCorrections

    /// Lanes of a group, which have one key.
    static let groupLanes = Int(SOTTO_DCF_LANES)
    /// Lanes at a time; what they need stays in the second-level cache.
    private static let chunkLanes = 4096

    /// - Returns: by key, point and component.
    func run(roots: [Block], points: [UInt64], clusters: PointClusters) throws -> [UInt64] {
        let (pointsOfKey, components) = (clusters.pointsOfKey, format.components)
        let level = min(clusters.level, format.levels)
        let chunk = max(1, Self.chunkLanes / ComparisonLanes.padded(pointsOfKey))
        var values = [UInt64](repeating: 0, count: points.count * components)
        for start in stride(from: 0, to: roots.count, by: chunk) {
            let keys = start..<min(start + chunk, roots.count)
            var lanes = ComparisonLanes(
                roots: roots[keys], isServer: isServer, components: components, first: start,
                lanesOfKey: clusters.leaders.count
            ) { points[$0 * pointsOfKey + clusters.leaders[$1]] }
            for level in 0..<level { try descend(&lanes, level) }
            if level > 0 || clusters.leaders.count < pointsOfKey {
                let shift = UInt64(format.inputBits - level)
                lanes = lanes.parted(into: pointsOfKey, clusters.choices, prefixShift: shift) {
                    points[$0 * pointsOfKey + $1]
                }
            }
            for level in level..<format.levels { try descend(&lanes, level) }
            if format.leafBits > 0 { try finish(&lanes) }
            lanes.read(into: &values, pointsOfKey: pointsOfKey, isNegative: !isServer, mask: format.mask)
        }
        return values
    }

    private func descend(_ lanes: inout ComparisonLanes, _ level: Int) throws {
        guard let path = hash.kernel.path else { return try descendPortably(&lanes, level) }
        withPointers(&lanes) { keys, lanes in
            sotto_dcf_descend(path, hash.roundKeys, &keys, &lanes, UInt32(level), level < format.seedLevels)
        }
    }

    private func finish(_ lanes: inout ComparisonLanes) throws {
        guard let path = hash.kernel.path else { return try finishPortably(&lanes) }
        withPointers(&lanes) { keys, lanes in sotto_dcf_finish(path, hash.roundKeys, &keys, &lanes) }
    }

    private func withPointers(
        _ lanes: inout ComparisonLanes, _ body: (inout sotto_dcf_keys, inout sotto_dcf_lanes) -> Void
    ) {
        corrections.seeds.withUnsafeBytes { seeds in
            corrections.rightBits.withUnsafeBufferPointer { rightBits in
                corrections.values.withUnsafeBufferPointer { values in
                    var keys = sotto_dcf_keys(
                        count: corrections.values.count / format.valueCount, input_bits: UInt32(format.inputBits),
                        leaf_bits: UInt32(format.leafBits), components: UInt32(format.components),
                        seeds: seeds.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        right_bits: rightBits.baseAddress, values: values.baseAddress)
                    lanes.withPointers { body(&keys, &$0) }
                }
            }
        }
    }
}

/// Lanes of a chunk of keys, as kernels want them: groups of lanes of one key, the last filled up with lanes whose result
/// nobody reads.
struct ComparisonLanes {
    let keys: Int
    /// The first of the keys in its batch.
    let first: Int
    let components: Int
    let groups: Int
    var points: [UInt64]
    var seeds: [Block]
    /// All ones where the control bit is set.
    var control: [UInt64]
    /// By group, component and lane.
    var sums: [UInt64]

    static func padded(_ lanes: Int) -> Int {
        (lanes + ComparisonWalk.groupLanes - 1) / ComparisonWalk.groupLanes * ComparisonWalk.groupLanes
    }

    private var lanesOfKey: Int { groups * ComparisonWalk.groupLanes }

    private init(keys: Int, first: Int, components: Int, lanesOfKey: Int) {
        let lanes = Self.padded(lanesOfKey)
        self.keys = keys
        self.first = first
        self.components = components
        groups = lanes / ComparisonWalk.groupLanes
        points = [UInt64](repeating: 0, count: keys * lanes)
        seeds = [Block](repeating: .zero, count: keys * lanes)
        control = [UInt64](repeating: 0, count: keys * lanes)
        sums = [UInt64](repeating: 0, count: keys * lanes * components)
    }

    /// At the roots.
    /// - Parameter point: by key of the batch and lane.
    init(
        roots: ArraySlice<Block>, isServer: Bool, components: Int, first: Int, lanesOfKey: Int,
        point: (Int, Int) -> UInt64
    ) {
        self.init(keys: roots.count, first: first, components: components, lanesOfKey: lanesOfKey)
        for (key, root) in roots.enumerated() {
            for lane in 0..<self.lanesOfKey {
                let place = key * self.lanesOfKey + lane
                seeds[place] = root.even
                control[place] = isServer ? 0 : .max
                points[place] = lane < lanesOfKey ? point(first + key, lane) : 0
            }
        }
    }

    /// Lanes of all points, each at the node of the first or of the last of its cluster.
    func parted(
        into pointsOfKey: Int, _ choices: [(first: Int, last: Int)], prefixShift: UInt64, point: (Int, Int) -> UInt64
    ) -> ComparisonLanes {
        var next = ComparisonLanes(keys: keys, first: first, components: components, lanesOfKey: pointsOfKey)
        let width = ComparisonWalk.groupLanes
        for key in 0..<keys {
            for (lane, choice) in choices.enumerated() {
                let point = point(first + key, lane)
                let isFirst = (points[key * lanesOfKey + choice.first] ^ point) >> prefixShift == 0
                let old = key * lanesOfKey + (isFirst ? choice.first : choice.last)
                let new = key * next.lanesOfKey + lane
                next.points[new] = point
                next.seeds[new] = seeds[old]
                next.control[new] = control[old]
                for component in 0..<components {
                    next.sums[(new / width * components + component) * width + new % width] =
                        sums[(old / width * components + component) * width + old % width]
                }
            }
        }
        return next
    }

    /// The shares that the sums are.
    func read(into values: inout [UInt64], pointsOfKey: Int, isNegative: Bool, mask: UInt64) {
        let width = ComparisonWalk.groupLanes
        let sign: UInt64 = isNegative ? .max : 0
        sums.withUnsafeBufferPointer { sums in
            values.withUnsafeMutableBufferPointer { values in
                for key in 0..<keys {
                    for lane in 0..<pointsOfKey {
                        let place = key * lanesOfKey + lane
                        let row = ((first + key) * pointsOfKey + lane) * components
                        for component in 0..<components {
                            let sum = sums[(place / width * components + component) * width + place % width]
                            values[row + component] = ((sum ^ sign) &- sign) & mask
                        }
                    }
                }
            }
        }
    }

    mutating func withPointers(_ body: (inout sotto_dcf_lanes) -> Void) {
        points.withUnsafeBufferPointer { points in
            seeds.withUnsafeMutableBytes { seeds in
                control.withUnsafeMutableBufferPointer { control in
                    sums.withUnsafeMutableBufferPointer { sums in
                        var lanes = sotto_dcf_lanes(
                            first_key: first, keys: keys, groups: groups, points: points.baseAddress,
                            seeds: seeds.baseAddress?.assumingMemoryBound(to: UInt8.self),
                            control: control.baseAddress, sums: sums.baseAddress)
                        body(&lanes)
                    }
                }
            }
        }
    }
}

import CSottoCipherKernels
import SottoRandomness

/// A walk of a batch down its trees: every point of a key is a lane, which goes from the root to its leaf, or from where its
/// cluster parts.
struct ComparisonWalk {
    let format: ComparisonFormat
    let isServer: Bool
    let hash: TreeHash
    let corrections: ComparisonCorrections
    let roots: [Block]

    /// Lanes at a time; what they need stays in the second-level cache.
    private static let chunkLanes = 1536

    /// - Parameter body: given a chunk of keys, and by key, point and component the shares of their functions modulo 2^64.
    func run(
        points: [UInt64], clusters: PointClusters, _ body: (Range<Int>, UnsafePointer<UInt64>) -> Void
    ) throws {
        let chunk = max(1, Self.chunkLanes / ComparisonLanes.padded(clusters.pointsOfKey))
        let chunks = stride(from: 0, to: roots.count, by: chunk).map { $0..<min($0 + chunk, roots.count) }
        guard let path = hash.kernel.path else {
            for keys in chunks { body(keys, try portably(keys, points, clusters)) }
            return
        }
        let size = sotto_dcf_scratch_bytes(chunk, clusters.pointsOfKey, UInt32(format.components))
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { scratch.deallocate() }
        let values = UnsafeMutablePointer<UInt64>.allocate(capacity: chunk * clusters.pointsOfKey * format.components)
        defer { values.deallocate() }
        withPointers { keys, roots in
            points.withUnsafeBufferPointer { points in
                clusters.withPointers { leaders, first, last in
                    for part in chunks {
                        var places = sotto_dcf_points(
                            first_key: part.lowerBound, keys: part.count, per_key: clusters.pointsOfKey,
                            values: points.baseAddress! + part.lowerBound * clusters.pointsOfKey,
                            parting_level: UInt32(clusters.level), leaders: clusters.leaders.count,
                            leader_points: leaders, first_choices: first, last_choices: last)
                        sotto_dcf_evaluate(
                            path, hash.roundKeys, &keys, &places, roots, isServer,
                            scratch.baseAddress!.assumingMemoryBound(to: UInt8.self), values)
                        body(part, values)
                    }
                }
            }
        }
    }

    private func withPointers(_ body: (inout sotto_dcf_keys, UnsafePointer<UInt8>) -> Void) {
        roots.withUnsafeBytes { roots in
            corrections.seeds.withUnsafeBytes { seeds in
                corrections.rightBits.withUnsafeBufferPointer { rightBits in
                    corrections.values.withUnsafeBufferPointer { values in
                        var keys = sotto_dcf_keys(
                            count: self.roots.count, input_bits: UInt32(format.inputBits),
                            leaf_bits: UInt32(format.leafBits), components: UInt32(format.components),
                            is_narrow: format.isNarrow,
                            seeds: seeds.baseAddress?.assumingMemoryBound(to: UInt8.self),
                            right_bits: rightBits.baseAddress, values: values.baseAddress)
                        body(&keys, roots.baseAddress!.assumingMemoryBound(to: UInt8.self))
                    }
                }
            }
        }
    }
}

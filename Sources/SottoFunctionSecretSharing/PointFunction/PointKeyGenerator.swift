import SottoAlgebra
import SottoRandomness

/// Makes the keys of distributed point functions: a dealer's work, as ``ComparisonKeyGenerator``'s without values on the way.
///
/// No branch and no address depends on `α`, `β` or a seed.
public final class PointKeyGenerator {
    public let format: PointFormat
    private let hash: TreeHash

    public init(_ format: PointFormat, kernel: TreeHash.Kernel = .fastest) throws(RandomnessError) {
        self.format = format
        hash = try TreeHash(kernel: kernel)
    }

    /// - Parameters:
    ///   - alphas: below `2^inputBits`, one for each key.
    ///   - payloads: one for each key.
    ///   - roots: uniform, one for each key; their lowest bits are not used.
    public func corrections(
        alphas: [UInt64], payloads: [UInt64], roots: ByParty<[Block]>
    ) throws(RandomnessError) -> PointCorrections {
        let count = alphas.count
        precondition(payloads.count == count && roots.server.count == count && roots.client.count == count)
        var corrections = PointCorrections(
            seeds: [], rightBits: [], values: [UInt64](repeating: 0, count: format.leafEntries * count))
        // Both parties' nodes on the path, with all ones where the control bit is set.
        var seeds = roots.map { seeds in seeds.map { $0.even } }
        var control = ByParty { [UInt64](repeating: $0 == .server ? 0 : .max, count: count) }
        for level in 0..<format.levels {
            var (left, right) = (ByParty<[Block]>.both([]), ByParty<[Block]>.both([]))
            for party in Party.allCases {
                left[party] = try hash.hashes(seeds[party], TreeHash.Tweak.child(isRight: false))
                right[party] = try hash.hashes(seeds[party], TreeHash.Tweak.child(isRight: true))
            }
            for key in 0..<count {
                let bit = (alphas[key] >> UInt64(format.inputBits - 1 - level)) & 1
                let goesRight = Block.mask(bit)
                let (both, other) = (
                    left.server[key] ^ left.client[key], right.server[key] ^ right.client[key]
                )
                // That of the child beside the path, which it makes equal at both.
                let seed = (other ^ (goesRight & (both ^ other))).even
                let (leftBit, rightBit) = (both.lowestBit ^ bit ^ 1, other.lowestBit ^ bit)
                corrections.seeds += [seed.x | leftBit, seed.y]
                corrections.rightBits.append(rightBit == 1)
                let controlBit = leftBit ^ (bit & (leftBit ^ rightBit))
                for party in Party.allCases {
                    let own = control[party][key]
                    let child = left[party][key] ^ (goesRight & (left[party][key] ^ right[party][key]))
                    seeds[party][key] = child.even ^ (Block(repeating: own) & seed)
                    control[party][key] = 0 &- (child.lowestBit ^ (own & controlBit))
                }
            }
        }
        let blocks = ByParty(
            server: try hash.hashes(seeds.server, TreeHash.Tweak.values(0)),
            client: try hash.hashes(seeds.client, TreeHash.Tweak.values(0)))
        let low = UInt64(format.leafEntries - 1)
        for entry in 0..<format.leafEntries {
            for key in 0..<count {
                let difference = UInt64(entry) ^ (alphas[key] & low)
                // One where they are equal: nothing but zero stays below when one is taken off.
                let isHere = (difference &- 1) >> 63
                let sign = control.client[key]
                let correction =
                    isHere &* payloads[key] &- format.value(entry, of: blocks.server[key])
                    &+ format.value(entry, of: blocks.client[key])
                corrections.values[entry * count + key] = ((correction ^ sign) &- sign) & format.mask
            }
        }
        return corrections
    }
}

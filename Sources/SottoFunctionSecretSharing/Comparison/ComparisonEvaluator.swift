import SottoAlgebra
import SottoRandomness

/// One party's evaluation of distributed comparison functions at public points, level by level for a whole batch, so that
/// the cipher gets many blocks at a time.
///
/// Branches and addresses depend on the points alone.
public final class ComparisonEvaluator {
    public let format: ComparisonFormat
    public let party: Party
    private let hash: TreeHash

    public init(
        _ format: ComparisonFormat, party: Party, kernel: TreeHash.Kernel = .fastest
    ) throws(RandomnessError) {
        self.format = format
        self.party = party
        hash = try TreeHash(kernel: kernel)
    }

    /// Shares of `[x < α]·β` for every key and each of its points.
    ///
    /// - Parameters:
    ///   - roots: this party's, one for each key.
    ///   - points: below `2^inputBits`, as many for each key.
    ///   - clusters: which of a key's points are close, so that they go together from the root; by default each goes alone.
    /// - Returns: by key, point and component.
    /// - Throws: ``FunctionSecretSharingError/wrongSize`` for corrections of another batch or format.
    public func evaluate(
        _ corrections: ComparisonCorrections, roots: [Block], points: [UInt64], clusters: PointClusters? = nil
    ) throws -> [UInt64] {
        var values: [UInt64] = []
        values.reserveCapacity(points.count * format.components)
        try evaluate(corrections, roots: roots, points: points, clusters: clusters) { keys, chunk in
            let count = keys.count * (points.count / roots.count) * format.components
            for index in 0..<count { values.append(chunk[index] & format.mask) }
        }
        return values
    }

    /// The same chunk by chunk, so that what uses the values finds them in the cache.
    /// - Parameter body: given keys and their values, by key, point and component, whose bits above the ring are any.
    func evaluate(
        _ corrections: ComparisonCorrections, roots: [Block], points: [UInt64], clusters: PointClusters? = nil,
        _ body: (Range<Int>, UnsafePointer<UInt64>) -> Void
    ) throws {
        let count = roots.count
        guard corrections.fits(format, count: count) else { throw FunctionSecretSharingError.wrongSize }
        guard count > 0, !points.isEmpty else { return }
        let pointsOfKey = points.count / count
        precondition(points.count == pointsOfKey * count, "every key has as many points")
        let clusters = clusters ?? PointClusters(pointsOfKey: pointsOfKey)
        precondition(clusters.pointsOfKey == pointsOfKey, "clusters are those of the points")
        let walk = ComparisonWalk(
            format: format, isServer: party == .server, hash: hash, corrections: corrections, roots: roots)
        try walk.run(points: points, clusters: clusters, body)
    }

    /// Shares of the payloads' components that are not public, by key and component.
    /// - Throws: ``FunctionSecretSharingError/wrongSize`` for corrections of another batch or format.
    public func payloads(_ corrections: ComparisonCorrections, roots: [Block]) throws -> [UInt64] {
        let count = roots.count
        guard corrections.fits(format, count: count) else { throw FunctionSecretSharingError.wrongSize }
        let components = format.sharedComponents
        let row = (format.levels + format.leafEntries) * format.components * count
        var shares = [UInt64](repeating: 0, count: count * components)
        let (seeds, isServer) = (roots.map { $0.even }, party == .server)
        for block in 0..<format.payloadBlocks {
            let blocks = try hash.hashes(seeds, TreeHash.Tweak.payload(block))
            for component in format.components(ofBlock: block, of: components) {
                for key in 0..<count {
                    let own = format.word(component, of: blocks[key])
                    // The client's control bit is set at the root, the server's is not.
                    let share =
                        isServer ? own : 0 &- own &- corrections.values[row + key * components + component]
                    shares[key * components + component] = share & format.mask
                }
            }
        }
        return shares
    }
}

/// What cannot be evaluated.
public enum FunctionSecretSharingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Corrections that are not of the batch and format at hand.
    case wrongSize

    public var description: String { "The corrections of a batch of keys do not have the size of the batch." }
}

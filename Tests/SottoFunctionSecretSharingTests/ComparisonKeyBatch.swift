import SottoAlgebra
import SottoFunctionSecretSharing
import SottoRandomness

/// Keys of a batch with both parties' root seeds, from a seed of the test.
struct ComparisonKeyBatch {
    let format: ComparisonFormat
    let alphas: [UInt64]
    let payloads: [UInt64]
    let roots: ByParty<[Block]>
    let corrections: ComparisonCorrections

    init(
        _ format: ComparisonFormat, alphas: [UInt64], payloads: [UInt64], seed: UInt64,
        kernel: TreeHash.Kernel = .fastest
    ) throws {
        var seeds = InsecureSeededSource(seed)
        func blocks() throws -> [Block] {
            let words = try PseudorandomGenerator(seed: seeds.nextSeed(), domain: 0).words(2 * alphas.count)
            return alphas.indices.map { Block(words[2 * $0], words[2 * $0 + 1]) }
        }
        self.format = format
        self.alphas = alphas
        self.payloads = payloads
        roots = ByParty(server: try blocks(), client: try blocks())
        corrections = try ComparisonKeyGenerator(format, kernel: kernel).corrections(
            alphas: alphas, payloads: payloads, roots: roots)
    }

    /// A batch with random payloads and thresholds.
    init(_ format: ComparisonFormat, count: Int, seed: UInt64, kernel: TreeHash.Kernel = .fastest) throws {
        var seeds = InsecureSeededSource(seed &+ 1 << 40)
        let generator = try PseudorandomGenerator(seed: seeds.nextSeed(), domain: 1)
        try self.init(
            format, alphas: generator.elements(count: count, width: format.inputBits),
            payloads: generator.elements(count: count * format.components, width: format.ring), seed: seed,
            kernel: kernel)
    }

    func keys(_ party: Party) -> PartyComparisonKeys {
        PartyComparisonKeys(party: party, roots: roots[party], corrections: corrections)
    }

    var mask: UInt64 { format.ring == 64 ? .max : (1 << UInt64(format.ring)) - 1 }

    func shares(_ party: Party, at points: [UInt64], kernel: TreeHash.Kernel = .fastest) throws -> [UInt64] {
        try ComparisonEvaluator(format, party: party, kernel: kernel)
            .evaluate(corrections, roots: roots[party], points: points)
    }

    /// The values at points, by key, point and component.
    func values(at points: [UInt64]) throws -> [UInt64] {
        let (server, client) = (try shares(.server, at: points), try shares(.client, at: points))
        return zip(server, client).map { ($0 &+ $1) & mask }
    }

    /// What they should be.
    func expected(at points: [UInt64]) -> [UInt64] {
        guard !alphas.isEmpty else { return [] }
        let pointsOfKey = points.count / alphas.count
        return points.indices.flatMap { index -> [UInt64] in
            let key = index / pointsOfKey
            return (0..<format.components).map { component in
                points[index] < alphas[key] ? payloads[key * format.components + component] & mask : 0
            }
        }
    }
}

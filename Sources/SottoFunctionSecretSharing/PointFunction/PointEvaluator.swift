import SottoAlgebra
import SottoRandomness

/// One party's evaluation of distributed point functions at all inputs, level by level.
public final class PointEvaluator {
    public let format: PointFormat
    public let party: Party
    private let hash: TreeHash

    public init(_ format: PointFormat, party: Party, kernel: TreeHash.Kernel = .fastest) throws(RandomnessError) {
        self.format = format
        self.party = party
        hash = try TreeHash(kernel: kernel)
    }

    /// Shares of `[x = α]·β` for every key and every `x`.
    /// - Parameter roots: this party's, one for each key.
    /// - Returns: by key and input.
    /// - Throws: ``FunctionSecretSharingError/wrongSize`` for corrections of another batch or format.
    public func evaluateAll(_ corrections: PointCorrections, roots: [Block]) throws -> [UInt64] {
        let count = roots.count
        guard corrections.seeds.count == 2 * format.levels * count,
            corrections.rightBits.count == format.levels * count,
            corrections.values.count == format.leafEntries * count
        else { throw FunctionSecretSharingError.wrongSize }
        var values: [UInt64] = []
        values.reserveCapacity(count << format.inputBits)
        for key in 0..<count { values += try leaves(key, of: count, corrections, root: roots[key]) }
        return values
    }

    private func leaves(
        _ key: Int, of count: Int, _ corrections: PointCorrections, root: Block
    ) throws(RandomnessError) -> [UInt64] {
        var seeds = [root.even]
        var control: [UInt64] = [party == .server ? 0 : .max]
        for level in 0..<format.levels {
            let left = try hash.hashes(seeds, TreeHash.Tweak.child(isRight: false))
            let right = try hash.hashes(seeds, TreeHash.Tweak.child(isRight: true))
            let place = level * count + key
            let leftCorrection = Block(corrections.seeds[2 * place], corrections.seeds[2 * place + 1])
            let rightCorrection = leftCorrection.even | Block(corrections.rightBits[place] ? 1 : 0, 0)
            let parents = control
            seeds = []
            control = []
            for node in left.indices {
                for child in [
                    left[node] ^ (Block(repeating: parents[node]) & leftCorrection),
                    right[node] ^ (Block(repeating: parents[node]) & rightCorrection),
                ] {
                    seeds.append(child.even)
                    control.append(0 &- child.lowestBit)
                }
            }
        }
        let blocks = try hash.hashes(seeds, TreeHash.Tweak.values(0))
        let sign: UInt64 = party == .server ? 0 : .max
        return blocks.indices.flatMap { leaf in
            (0..<format.leafEntries).map { entry in
                let share =
                    format.value(entry, of: blocks[leaf])
                    &+ (corrections.values[entry * count + key] & control[leaf])
                return ((share ^ sign) &- sign) & format.mask
            }
        }
    }
}

/// Looks up public tables at a value `x = d + a` modulo `2^width` that was opened under a mask: one key of a point function at
/// the mask, with the payload 1, gives shares of `T[x]` for any number of tables, and nothing is sent. Each takes an evaluation
/// at all inputs: it suits what is needed once a row.
public struct TableGate: Sendable, Hashable {
    /// Of the ring that `x` is opened in, 1 to 24 bits.
    public let width: Int
    public let ring: Int

    public init(width: Int, ring: Int) {
        (self.width, self.ring) = (width, ring)
        precondition((1...24).contains(width) && (1...64).contains(ring))
    }

    /// The keys' `α` is the mask itself, their payload 1.
    public var keyFormat: PointFormat { PointFormat(inputBits: width, ring: ring) }

    /// Shares of every table's entry at every opened value.
    /// - Parameter tables: of `2^width` entries, from `x = 0` on.
    /// - Returns: by table.
    /// - Throws: ``FunctionSecretSharingError/wrongSize`` for corrections of another batch or format.
    public func evaluate(
        _ differences: [UInt64], tables: [[UInt64]], party: Party, roots: [Block], _ corrections: PointCorrections
    ) throws -> [[UInt64]] {
        let size = 1 << width
        precondition(tables.allSatisfy { $0.count == size } && differences.count == roots.count)
        let indicators = try PointEvaluator(keyFormat, party: party).evaluateAll(corrections, roots: roots)
        return tables.map { table in
            differences.indices.map { key in
                let shift = Int(differences[key] & UInt64(size - 1))
                var sum: UInt64 = 0
                for mask in 0..<size {
                    sum &+= table[(mask + shift) & (size - 1)] &* indicators[key * size + mask]
                }
                return sum & keyFormat.mask
            }
        }
    }
}

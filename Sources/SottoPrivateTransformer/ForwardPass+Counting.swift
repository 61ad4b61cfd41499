import SottoSecureComputation

extension ForwardPass {
    /// Instructions up to which a pass is counted in the tiles of a run where no latency is asked for, and in large
    /// comparisons.
    package static let countedInstructions = 1 << 12

    /// Tiles with which a pass is counted rather than run: those of a run if it has at most `limit` instructions in them,
    /// else larger ones. Bytes, rounds and operations are the same with all. Latencies are those of larger tiles in a
    /// window that is larger by as much, and thus mostly below those of a run.
    /// - Throws: ``PassLengthError`` for a pass of more instructions than any process runs by default, whatever its tiles.
    package func countingTiling(upTo limit: Int, in target: Target) throws(PassLengthError) -> Tiling {
        let most = PassBudget().instructions
        var found = (tiling: Tiling.standard, instructions: Double.infinity)
        for factor in [1, 4, 16, 64] {
            let tiling = Tiling.standard.scaled(by: factor)
            found = (tiling, size(in: target, tiling: tiling).instructions)
            if found.instructions <= Double(limit) { break }
        }
        guard found.instructions <= Double(max(limit, most)) else {
            throw PassLengthError(instructions: Int(min(found.instructions, 0x1p62)), limit: most)
        }
        return found.tiling
    }
}

/// A pass that is too long to count.
public struct PassLengthError: Error, Equatable, Sendable, CustomStringConvertible {
    /// At most; a closed formula.
    public let instructions: Int
    public let limit: Int

    public var description: String {
        "A pass of up to \(instructions) instructions was asked for and \(limit) are counted; lower --context."
    }
}

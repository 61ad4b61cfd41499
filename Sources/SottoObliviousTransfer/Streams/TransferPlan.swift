import SottoAlgebra
import SottoRandomness

/// How a session gets its correlated OTs of one direction, and what that costs: base OTs, SoftSpoken for the first few, small
/// rounds of silent OT for more, and then rounds of one kind for all runs. Both parties know it beforehand.
///
/// Every run begins a round with seeds that the setup or the run before kept for it, and keeps as many for the next, so that
/// runs of one size cost the same.
public struct TransferPlan: Sendable, Hashable {
    public let softSpoken: SoftSpoken
    /// Of the setup, from the smallest.
    public let bootstrap: [FerretParameters]
    /// Of the runs.
    public let main: FerretParameters

    public init(softSpoken: SoftSpoken, bootstrap: [FerretParameters], main: FerretParameters) {
        self.softSpoken = softSpoken
        self.bootstrap = bootstrap
        self.main = main
    }

    /// For any demand: rounds of the largest set, which cost least for what they make.
    public static let standard = TransferPlan(
        softSpoken: SoftSpoken(treeDepth: 8), bootstrap: [.b10], main: .b13)

    // MARK: Setup

    /// Correlated OTs that SoftSpoken makes.
    var softSpokenCount: Int {
        let needed = (bootstrap.first ?? main).seeds
        return (needed + SoftSpoken.granularity - 1) / SoftSpoken.granularity * SoftSpoken.granularity
    }

    /// Trees of each round of the setup.
    var bootstrapTrees: [Int] {
        zip(bootstrap, bootstrap.dropFirst() + [main]).map { ($1.seeds + $0.treeSize - 1) / $0.treeSize }
    }

    /// Bytes of the setup's rounds of silent OT.
    var bootstrapBytes: Int { zip(bootstrap, bootstrapTrees).reduce(0) { $0 + $1.0.treeBytes * $1.1 } }

    /// The setup's messages in order, the receiver's first, then by turns: 33 bytes; `33·128` and the seed of the matrices; about
    /// the trees, and the extension; the trees of silent OT.
    package var setupMessages: [Int] {
        [
            BaseTransfer.senderBytes, BaseTransfer.receiverBytes(SoftSpoken.baseTransfers) + Block.byteCount,
            softSpoken.treeBytes + softSpoken.extensionBytes(softSpokenCount), bootstrapBytes,
        ]
    }

    /// - Communication: 4 messages.
    public var setupBytes: (fromSender: Int, fromReceiver: Int) {
        let messages = setupMessages
        return (messages[1] + messages[3], messages[0] + messages[2])
    }

    // MARK: Runs

    /// Correlated OTs of a whole round that a run may use.
    var usable: Int { main.count - main.seeds }

    /// Trees of a run, whose first in each round make seeds for the next.
    public func runTrees(_ demand: Int) -> Int {
        guard demand > 0 else { return 0 }
        let wholeRounds = (demand - 1) / usable
        let last = demand - wholeRounds * usable + main.seeds
        return wholeRounds * main.trees + (last + main.treeSize - 1) / main.treeSize
    }

    /// Bytes of the sender, for `demand` correlated OTs in a run.
    public func runBytes(_ demand: Int) -> Int { runTrees(demand) * main.treeBytes }

    /// Of ``runBytes(_:)`` those for correlated OTs that nobody uses, rounded down.
    public func leftoverBytes(_ demand: Int) -> Int { leftover(demand) * main.treeBytes / main.treeSize }

    /// Correlated OTs of a run that nobody uses.
    public func leftover(_ demand: Int) -> Int {
        guard demand > 0 else { return 0 }
        let rounds = (demand - 1) / usable + 1
        return runTrees(demand) * main.treeSize - rounds * main.seeds - demand
    }
}

import SottoAlgebra
import SottoRandomness

/// The correlated OTs of one direction of a session, at the party that holds `Δ`: setup in four messages, then any number of
/// runs. Each OT is given out once and has an index that no other of the session has, the tweak of its hashes.
public final class TransferSender {
    public let plan: TransferPlan
    public let difference: Block
    private let base: Seed
    private let roots: Seed
    private let matrixSeed: Seed
    private var receivedBase: BaseTransferReceiver?
    /// Rounds of silent OT so far, each with its own streams.
    private var rounds = 0
    private var current: FerretSender?
    private var buffer: TransferBuffer?

    /// - Throws: what the source of seeds throws.
    public init(_ plan: TransferPlan, seeds: inout some SeedSource) throws {
        self.plan = plan
        difference = SoftSpokenSender.difference(seed: try seeds.nextSeed())
        base = try seeds.nextSeed()
        roots = try seeds.nextSeed()
        matrixSeed = try seeds.nextSeed()
    }

    // MARK: Setup

    /// The second message, given the receiver's first.
    /// - Throws: ``ObliviousTransferError`` where that is none.
    public func reply(_ message: [UInt8]) throws -> [UInt8] {
        let received = try BaseTransferReceiver(
            message, choices: SoftSpokenSender.choices(plan.softSpoken, difference: difference), seed: base)
        receivedBase = received
        return received.message + [Block(matrixSeed)].bytes
    }

    /// The fourth message, given the receiver's second.
    /// - Throws: ``ObliviousTransferError`` where that is none.
    public func finishSetup(_ message: [UInt8]) throws -> [UInt8] {
        guard let received = receivedBase else { preconditionFailure("the reply comes first") }
        receivedBase = nil
        let count = plan.softSpokenCount
        let expected = plan.softSpoken.treeBytes + plan.softSpoken.extensionBytes(count)
        try ObliviousTransferError.check(message, expected, "the setup of OT extension")
        let softSpoken = try SoftSpokenSender(
            plan.softSpoken, difference: difference, base: received,
            treeMessage: Array(message.prefix(plan.softSpoken.treeBytes)))
        var blocks = try softSpoken.extend(count, message: Array(message.dropFirst(plan.softSpoken.treeBytes)))
        var reply: [Block] = []
        for (parameters, trees) in zip(plan.bootstrap, plan.bootstrapTrees) {
            let ferret = try ferret(parameters, Array(blocks.prefix(parameters.seeds)))
            blocks = [Block](repeating: .zero, count: trees * parameters.treeSize)
            for tree in 0..<trees {
                reply += try blocks.withUnsafeMutableBufferPointer { blocks in
                    guard let start = blocks.baseAddress else { return [] }
                    return try ferret.next(start + tree * parameters.treeSize)
                }
            }
        }
        buffer = TransferBuffer(plan.main, seeds: Array(blocks.prefix(plan.main.seeds)))
        return reply.bytes
    }

    private func ferret(_ parameters: FerretParameters, _ seeds: [Block]) throws -> FerretSender {
        defer { rounds += 1 }
        return try FerretSender(
            parameters, difference: difference, seeds: seeds, matrixSeed: matrixSeed, round: rounds, roots: roots)
    }

    // MARK: Runs

    /// Begins a run of `demand` OTs; what is left of another is dropped.
    public func begin(_ demand: Int) { buffer?.begin(demand) }

    /// The next `count` OTs, and the message that the receiver needs for them, empty where it needs none.
    /// - Throws: ``ObliviousTransferError/exhausted(asked:left:)`` beyond the run's demand.
    public func take(_ count: Int) throws -> (transfers: SentTransfers, message: [UInt8]) {
        guard buffer != nil else { throw ObliviousTransferError.exhausted(asked: count, left: 0) }
        try buffer?.check(count)
        var message: [Block] = []
        for _ in 0..<(buffer?.treesNeeded(count) ?? 0) { message += try nextTree() }
        let (blocks, index) = buffer?.take(count) ?? ([], 0)
        return (SentTransfers(difference: difference, blocks: blocks, index: index), message.bytes)
    }

    private func nextTree() throws -> [Block] {
        if let seeds = buffer?.takeSeedsOfNextRound() { current = try ferret(plan.main, seeds) }
        guard let ferret = current else { preconditionFailure("a run begins first") }
        var message: [Block] = []
        let blocks = try [Block](unsafeUninitializedCapacity: plan.main.treeSize) { blocks, initialized in
            guard let start = blocks.baseAddress else { return }
            message = try ferret.next(start)
            initialized = plan.main.treeSize
        }
        buffer?.add(blocks)
        return message
    }
}

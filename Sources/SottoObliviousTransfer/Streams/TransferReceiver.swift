import SottoAlgebra
import SottoRandomness

/// The correlated OTs of one direction of a session, at the party that gets `t = q ⊕ u·Δ`; see ``TransferSender``.
public final class TransferReceiver {
    public let plan: TransferPlan
    private let base: BaseTransferSender
    private let trees: Seed
    private var matrixSeed: Seed?
    /// Rounds of silent OT so far, each with its own streams.
    private var rounds = 0
    private var current: FerretReceiver?
    private var firstBlocks: [Block] = []
    private var buffer: TransferBuffer?

    /// - Throws: what the source of seeds throws.
    public init(_ plan: TransferPlan, seeds: inout some SeedSource) throws {
        self.plan = plan
        base = try BaseTransferSender(seed: try seeds.nextSeed())
        trees = try seeds.nextSeed()
    }

    // MARK: Setup

    /// The first message.
    public var message: [UInt8] { base.message }

    /// The third message, given the sender's first.
    /// - Throws: ``ObliviousTransferError`` where that is none.
    public func reply(_ message: [UInt8]) throws -> [UInt8] {
        let baseBytes = BaseTransfer.receiverBytes(SoftSpoken.baseTransfers)
        try ObliviousTransferError.check(message, baseBytes + Block.byteCount, "base OTs")
        matrixSeed = try Seed(bytes: Array(message.dropFirst(baseBytes)))
        let softSpoken = try SoftSpokenReceiver(
            plan.softSpoken, base: base, reply: Array(message.prefix(baseBytes)), seed: trees)
        let (blocks, correction) = try softSpoken.extend(plan.softSpokenCount)
        firstBlocks = blocks
        return softSpoken.treeMessage + correction
    }

    /// Takes the fourth message.
    /// - Throws: ``ObliviousTransferError`` where that is none.
    public func finishSetup(_ message: [UInt8]) throws {
        try ObliviousTransferError.check(message, plan.bootstrapBytes, "the first silent OTs")
        var blocks = firstBlocks
        firstBlocks = []
        var rest = message[...]
        for (parameters, trees) in zip(plan.bootstrap, plan.bootstrapTrees) {
            let ferret = try ferret(parameters, Array(blocks.prefix(parameters.seeds)))
            blocks = [Block](repeating: .zero, count: trees * parameters.treeSize)
            for tree in 0..<trees {
                try blocks.withUnsafeMutableBufferPointer { blocks in
                    guard let start = blocks.baseAddress else { return }
                    try ferret.next(rest.prefix(parameters.treeBytes), start + tree * parameters.treeSize)
                }
                rest = rest.dropFirst(parameters.treeBytes)
            }
        }
        buffer = TransferBuffer(plan.main, seeds: Array(blocks.prefix(plan.main.seeds)))
    }

    private func ferret(_ parameters: FerretParameters, _ seeds: [Block]) throws -> FerretReceiver {
        guard let matrixSeed else { preconditionFailure("the reply comes first") }
        defer { rounds += 1 }
        return try FerretReceiver(parameters, seeds: seeds, matrixSeed: matrixSeed, round: rounds)
    }

    // MARK: Runs

    /// Begins a run of `demand` OTs; what is left of another is dropped.
    public func begin(_ demand: Int) { buffer?.begin(demand) }

    /// Bytes of the sender's message for the next `count` OTs.
    public func messageBytes(_ count: Int) -> Int { (buffer?.treesNeeded(count) ?? 0) * plan.main.treeBytes }

    /// The next `count` OTs.
    /// - Throws: ``ObliviousTransferError`` for a message of another size, or beyond the run's demand.
    public func take(_ count: Int, message: [UInt8]) throws -> ReceivedTransfers {
        guard buffer != nil else { throw ObliviousTransferError.exhausted(asked: count, left: 0) }
        try buffer?.check(count)
        try ObliviousTransferError.check(message, messageBytes(count), "silent OTs")
        let size = plan.main.treeBytes
        for start in stride(from: 0, to: message.count, by: size) { try nextTree(message[start..<start + size]) }
        let (blocks, index) = buffer?.take(count) ?? ([], 0)
        return ReceivedTransfers(blocks: blocks, index: index)
    }

    private func nextTree(_ message: ArraySlice<UInt8>) throws {
        if let seeds = buffer?.takeSeedsOfNextRound() { current = try ferret(plan.main, seeds) }
        guard let ferret = current else { preconditionFailure("a run begins first") }
        let blocks = try [Block](unsafeUninitializedCapacity: plan.main.treeSize) { blocks, initialized in
            guard let start = blocks.baseAddress else { return }
            try ferret.next(message, start)
            initialized = plan.main.treeSize
        }
        buffer?.add(blocks)
    }
}

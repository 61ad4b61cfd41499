import Sotto

/// Both ends of a direction of correlated OTs in one process, timed apart.
public struct TransferWorkload {
    /// Blocks of AES that one OT takes at least: leaves, tree and matrix.
    public let blocksPerTransfer: Double
    public let count: Int
    public let name: String
    private let send: () throws -> Void
    private let receive: () throws -> Void

    /// SoftSpoken with trees of `depth` levels.
    public init(softSpokenDepth depth: Int, count: Int) throws {
        var seeds = SystemSeedSource()
        let parameters = SoftSpoken(treeDepth: depth)
        let difference = SoftSpokenSender.difference(seed: try seeds.nextSeed())
        let base = try BaseTransferSender(seed: seeds.nextSeed())
        let answer = try BaseTransferReceiver(
            base.message, choices: SoftSpokenSender.choices(parameters, difference: difference),
            seed: seeds.nextSeed())
        let receiver = try SoftSpokenReceiver(parameters, base: base, reply: answer.message, seed: seeds.nextSeed())
        let sender = try SoftSpokenSender(
            parameters, difference: difference, base: answer, treeMessage: receiver.treeMessage)
        let message = try receiver.extend(count).message
        name = "SoftSpoken k = \(depth)"
        self.count = count
        blocksPerTransfer = Double(1 << depth) / Double(depth)
        send = { _ = try sender.extend(count, message: message) }
        receive = { _ = try receiver.extend(count) }
    }

    /// Silent OT of one set, in the middle of a round: its seeds are made before.
    public init(silent parameters: FerretParameters, name: String) throws {
        var seeds = SystemSeedSource()
        let plan = TransferPlan(
            softSpoken: SoftSpoken(treeDepth: 8), bootstrap: parameters == .b10 ? [] : [.b10], main: parameters)
        let sender = try TransferSender(plan, seeds: &seeds)
        let receiver = try TransferReceiver(plan, seeds: &seeds)
        try receiver.finishSetup(sender.finishSetup(receiver.reply(sender.reply(receiver.message))))
        let demand = parameters.count - parameters.seeds
        sender.begin(demand)
        receiver.begin(demand)
        let count = min(1 << 17, demand / 24)
        self.name = "silent OT, \(name)"
        self.count = count
        blocksPerTransfer = 3
        var messages: [[UInt8]] = []
        var received = 0
        send = { messages.append(try sender.take(count).message) }
        receive = {
            _ = try receiver.take(count, message: messages[received])
            received += 1
        }
    }

    /// The sender's OTs.
    public func runSender() throws { try send() }

    /// The receiver's OTs.
    public func runReceiver() throws { try receive() }
}

import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

/// Both ends of one direction after their setup.
struct TransferPair {
    let sender: TransferSender
    let receiver: TransferReceiver
    let hash: TweakableHash

    /// Small rounds, of no security: 40 trees of 16 OTs from 256 + 160.
    static let smallPlan = TransferPlan(
        softSpoken: SoftSpoken(treeDepth: 4), bootstrap: [],
        main: FerretParameters(trees: 40, logBase: 8, depth: 4))

    init(_ plan: TransferPlan = smallPlan, seed: UInt64 = 1) throws {
        var seeds = InsecureSeededSource(seed)
        sender = try TransferSender(plan, seeds: &seeds)
        receiver = try TransferReceiver(plan, seeds: &seeds)
        hash = try TweakableHash()
        let reply = try sender.reply(receiver.message)
        let trees = try receiver.reply(reply)
        let last = try sender.finishSetup(trees)
        try receiver.finishSetup(last)
        let bytes = plan.setupBytes
        #expect(bytes.fromSender == reply.count + last.count)
        #expect(bytes.fromReceiver == receiver.message.count + trees.count)
    }

    func begin(_ demand: Int) {
        sender.begin(demand)
        receiver.begin(demand)
    }

    /// The next OTs of both, and the bytes that they took.
    func take(_ count: Int) throws -> (sent: SentTransfers, received: ReceivedTransfers, bytes: Int) {
        let expected = receiver.messageBytes(count)
        let (sent, message) = try sender.take(count)
        #expect(message.count == expected)
        return (sent, try receiver.take(count, message: message), message.count)
    }

    /// One run of `count` OTs.
    func run(_ count: Int) throws -> (sent: SentTransfers, received: ReceivedTransfers) {
        begin(count)
        let (sent, received, _) = try take(count)
        return (sent, received)
    }
}

/// Whether every block of the receiver's is the sender's plus the difference where the bit is set.
func expectCorrelated(
    _ sent: SentTransfers, _ received: ReceivedTransfers, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(sent.count == received.count && sent.index == received.index, sourceLocation: sourceLocation)
    let choices = received.choices
    let wrong = received.blocks.indices.filter { index in
        received.blocks[index] != (choices[index] ? sent.blocks[index] ^ sent.difference : sent.blocks[index])
            || sent.blocks[index].x & 1 == 1
    }
    #expect(wrong.isEmpty, sourceLocation: sourceLocation)
}

import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import SottoTransport

/// Correlated OTs of both directions, at one party of a session.
///
/// - Communication: four messages of either party at the same time, of ``TransferPlan/setupBytes`` of both roles.
final class TwoPartyTransfers {
    let sender: TransferSender
    let receiver: TransferReceiver
    let hash: TweakableHash

    static let setupRounds = 4

    static func setupBytes(_ plan: TransferPlan) -> ByParty<Int> {
        let bytes = plan.setupBytes
        return ByParty.both(bytes.fromSender + bytes.fromReceiver)
    }

    init(_ plan: TransferPlan, seeds: inout some SeedSource) throws {
        sender = try TransferSender(plan, seeds: &seeds)
        receiver = try TransferReceiver(plan, seeds: &seeds)
        hash = try TweakableHash()
    }

    /// - Parameter afterFirst: called behind this party's first message, to take what the peer sends before its own.
    /// - Returns: payload bytes by sender.
    func setUp(
        over peer: any Channel, as party: Party, afterFirst: () throws -> Void
    ) throws -> ByParty<Int> {
        var bytes = ByParty<Int>.zero
        func exchange(_ message: Int, _ payload: [UInt8]) throws -> [UInt8] {
            let tag = FrameTag.makingSetup(message: message)
            try peer.send(Frame(tag: tag, depth: UInt32(message + 1), payload: payload))
            if message == 0 { try afterFirst() }
            let received = try peer.receive(tag: tag).payload
            bytes[party] += payload.count
            bytes[party.peer] += received.count
            return received
        }
        let reply = try sender.reply(try exchange(0, receiver.message))
        let trees = try receiver.reply(try exchange(1, reply))
        let last = try sender.finishSetup(try exchange(2, trees))
        try receiver.finishSetup(try exchange(3, last))
        return bytes
    }
}

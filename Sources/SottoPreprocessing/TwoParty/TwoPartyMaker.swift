import SottoAlgebra
import SottoLatticeEncryption
import SottoObliviousTransfer
import SottoRandomness
import SottoTransport

/// One party's means to make correlations with the other: correlated OTs of both directions for as long as the session, and
/// keys for the products of each plan.
package final class TwoPartyMaker {
    private let party: Party
    private let transfers: TwoPartyTransfers
    /// Own work on every correlation of the last plan.
    package private(set) var times: [Duration] = []
    /// Payload that this party has sent for every correlation of the last plan; keys are not in it.
    package private(set) var sentBytes: [Int: Int] = [:]

    /// - Parameter seeds: of the OTs' setup.
    package init(_ party: Party, _ plan: TransferPlan = .standard, seeds: inout some SeedSource) throws {
        self.party = party
        transfers = try TwoPartyTransfers(plan, seeds: &seeds)
    }

    /// Bytes of either party in the setup.
    package static func setupBytes(_ plan: TransferPlan = .standard) -> Int {
        TwoPartyTransfers.setupBytes(plan).server
    }

    /// The setup, together with the peer's.
    /// - Communication: ``setupBytes(_:)`` of either party in 4 rounds.
    /// - Returns: payload bytes by sender, as this party saw them.
    package func setUp(over peer: any Channel) throws -> ByParty<Int> {
        try Self.naming { try transfers.setUp(over: peer, as: party) }
    }

    /// What a peer's malformed message causes, as an error of the preprocessing.
    private static func naming<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ObliviousTransferError {
            throw PreprocessingError.malformedMaking(error.description)
        } catch let error as LatticeError {
            switch error {
            case .wrongByteCount, .nonzeroPadding, .residueOutOfRange:
                throw PreprocessingError.malformedMaking(error.description)
            default: throw error
            }
        }
    }

    /// Makes the correlations of a plan, together with the peer.
    ///
    /// - Parameters:
    ///   - weights: the server's, modulo their rings; empty at the client.
    ///   - seeds: of what the party draws.
    /// - Communication: ``MakingSchedule/costs``, before them ``MakingSchedule/keyBytes``, in
    ///   ``MakingSchedule/rounds`` rounds.
    package func make(
        _ plan: CorrelationPlan, over peer: any Channel, weights: [[UInt64]] = [], seeds: inout some SeedSource
    ) throws -> [CorrelationShare<[UInt64]>] {
        try Self.naming { try made(plan, over: peer, weights: weights, seeds: &seeds) }
    }

    private func made(
        _ plan: CorrelationPlan, over peer: any Channel, weights: [[UInt64]], seeds: inout some SeedSource
    ) throws -> [CorrelationShare<[UInt64]>] {
        let schedule = try MakingSchedule(plan, transfers.sender.plan)
        let encryption = try encryption(schedule.encryption, over: peer, seeds: &seeds)
        let making = try CorrelationMaking(
            plan, schedule, party, transfers, encryption, weights: weights, seeds: &seeds)
        try making.run(over: peer)
        (times, sentBytes) = (making.times, making.sentBytes)
        return try plan.correlations.indices.map { index in
            guard let share = making.shares[index] else { throw PreprocessingError.otherPlan(index: index) }
            return share
        }
    }

    /// Keys for a plan, and what there is of the peer's.
    private func encryption(
        _ plan: PlanEncryption?, over peer: any Channel, seeds: inout some SeedSource
    ) throws -> PartyEncryption? {
        guard let plan else { return nil }
        let tag = FrameTag.makingSetup(message: TwoPartyTransfers.setupRounds)
        let own = try plan.keys(of: party).map { try ProductClient($0, seeds: &seeds) }
        if !own.isEmpty { try peer.send(Frame(tag: tag, depth: 1, payload: own.flatMap(\.setup))) }
        let expected = plan.keyBytes[party.peer]
        let received = expected > 0 ? try peer.receive(tag: tag, byteCount: expected).payload : []
        return PartyEncryption(
            plan, party, own: own, peer: try PartyEncryption.peer(received, plan.keys(of: party.peer)))
    }
}

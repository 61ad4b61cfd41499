import SottoAlgebra
import SottoLatticeEncryption
import SottoObliviousTransfer
import SottoRandomness
import SottoTransport

/// One party's means to make correlations with the other: correlated OTs of both directions, and keys of encryption, for as
/// long as the session.
package final class TwoPartyMaker {
    private let party: Party
    private let transfers: TwoPartyTransfers
    private let ring: Ring64
    private let threads: Int
    private var keySeeds: SeedStream
    private var generation = KeptGeneration<Seed>()
    /// What the session has keys for: this party's own, and what there is of the peer's.
    private var memory = PreprocessingMemory()
    private var own: [ProductClient] = []
    private var peers: [ProductServer] = []
    /// The client's.
    private var kept: KeptWeights?
    /// Own work of the setup on every weight.
    package private(set) var weightTimes: [Duration] = []
    /// Own work on every correlation of the last plan.
    package private(set) var times: [Duration] = []
    /// Payload that this party has sent for every correlation of the last plan; keys are not in it.
    package private(set) var sentBytes: [Int: Int] = [:]

    /// - Parameters:
    ///   - ring: with the crossovers of its matrix products; messages are the same for any.
    ///   - threads: that answer an encrypted request; messages are the same for any number of them.
    ///   - seeds: of the OTs' setup and the keys.
    package init(
        _ party: Party, _ plan: TransferPlan = .standard, ring: Ring64 = Ring64(), threads: Int = 1,
        seeds: inout some SeedSource
    ) throws {
        self.party = party
        self.ring = ring
        self.threads = threads
        keySeeds = SeedStream(try seeds.nextSeed())
        transfers = try TwoPartyTransfers(plan, seeds: &seeds)
    }

    /// Bytes of either party in the setup.
    package static func setupBytes(_ plan: TransferPlan = .standard) -> Int {
        TwoPartyTransfers.setupBytes(plan).server
    }

    /// The setup, together with the peer's.
    /// - Parameters:
    ///   - plan: whose keys are exchanged at once; those of others are when they are needed.
    ///   - inferences: runs like the plan's that the session is declared to have; the same at both parties.
    ///   - weights: the server's, modulo their rings; empty at the client.
    /// - Communication: ``setupBytes(_:)`` of either party in 4 rounds, ``MakingSchedule/keyBytes(_:)`` before the first, and in
    ///   one more ``EncryptedWeights/bytes`` from the server.
    /// - Returns: payload bytes by sender, as this party saw them.
    package func setUp(
        _ plan: CorrelationPlan? = nil, inferences: Int = 1, weights: [[UInt64]] = [], over peer: any Channel
    ) throws -> ByParty<Int> {
        try Self.naming {
            memory.weights = try plan.flatMap {
                try EncryptedWeights($0, inferences: inferences, transfers.sender.plan)
            }
            let encryption = try plan.flatMap { try MakingSchedule($0, transfers.sender.plan, memory).encryption }
            // Keys and the first message of either party are on their way at the same time.
            let made = try encryption.map { try sendKeys($0, over: peer) }
            var keys = ByParty<Int>.only(party, made?.reduce(0) { $0 + $1.setup.count } ?? 0)
            let messages = try transfers.setUp(over: peer, as: party) {
                guard let encryption, let made else { return }
                keys[party.peer] = try receiveKeys(encryption, made, over: peer)
            }
            weightTimes = [Duration](repeating: .zero, count: plan?.weights.count ?? 0)
            return try keys + messages + exchangeWeights(weights, over: peer)
        }
    }

    /// The server's matrices, where the client is to have any.
    private func exchangeWeights(_ values: [[UInt64]], over peer: any Channel) throws -> ByParty<Int> {
        guard let weights = memory.weights else { return .zero }
        guard party == .server else {
            kept = try KeptWeights(weights, from: peer, times: &weightTimes)
            return .only(.server, weights.bytes)
        }
        guard let keys = own.first(where: { $0.parameters == weights.parameters }) else {
            preconditionFailure("the server has the keys of its plan")
        }
        return .only(
            .server,
            try KeptWeights.send(weights, values, under: keys, to: peer, times: &weightTimes, seeds: &keySeeds))
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
    /// - Communication: ``MakingSchedule/costs``, before them ``MakingSchedule/keyBytes(_:)`` for what the session has no keys
    ///   for, in ``MakingSchedule/rounds(keyBytes:)`` rounds.
    package func make(
        _ plan: CorrelationPlan, over peer: any Channel, weights: [[UInt64]] = [], seeds: inout some SeedSource
    ) throws -> [CorrelationShare<[UInt64]>] {
        try Self.naming { try made(plan, over: peer, weights: weights, seeds: &seeds) }
    }

    private func made(
        _ plan: CorrelationPlan, over peer: any Channel, weights: [[UInt64]], seeds: inout some SeedSource
    ) throws -> [CorrelationShare<[UInt64]>] {
        let schedule = try MakingSchedule(plan, transfers.sender.plan, memory)
        let encryption = try schedule.encryption.map { encryption in
            try receiveKeys(encryption, sendKeys(encryption, over: peer), over: peer)
            return PartyEncryption(encryption, party, own: own, peer: peers, weights: kept)
        }
        let making = try CorrelationMaking(
            plan, schedule, party, transfers, encryption, ring: ring, threads: threads, weights: weights,
            generation: &generation, seeds: &seeds)
        try making.run(over: peer)
        (times, sentBytes) = (making.times, making.sentBytes)
        return try plan.correlations.indices.map { index in
            guard let share = making.shares[index] else { throw PreprocessingError.otherPlan(index: index) }
            return share
        }
    }

    /// Makes the keys for a plan that the session does not have yet, and sends them.
    private func sendKeys(_ encryption: PlanEncryption, over peer: any Channel) throws -> [ProductClient] {
        let made = try encryption.missingKeys(of: party, memory).map { try ProductClient($0, seeds: &keySeeds) }
        let message = made.flatMap(\.setup)
        if !message.isEmpty { try peer.send(Frame(tag: Self.keyTag, depth: 1, payload: message)) }
        return made
    }

    /// Takes the peer's; from here on the session has both parties'.
    /// - Parameter made: what this party has sent.
    /// - Returns: the peer's payload bytes.
    @discardableResult private func receiveKeys(
        _ encryption: PlanEncryption, _ made: [ProductClient], over peer: any Channel
    ) throws -> Int {
        let missing = encryption.missingKeys(of: party.peer, memory)
        let expected = encryption.keyBytes(memory)[party.peer]
        let received = expected > 0 ? try peer.receive(tag: Self.keyTag, byteCount: expected).payload : []
        peers += try PartyEncryption.peer(received, missing)
        own += made
        encryption.keep(in: &memory)
        return received.count
    }

    private static var keyTag: UInt32 { FrameTag.makingSetup(message: TwoPartyTransfers.setupRounds) }
}

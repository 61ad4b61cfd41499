import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import SottoTransport

/// One party's making of all correlations of a run, step by step with the other.
final class CorrelationMaking {
    private let schedule: MakingSchedule
    private let plan: CorrelationPlan
    private let party: Party
    private let transfers: TwoPartyTransfers
    private let encryption: PartyEncryption?
    private let threads: Int
    private let weights: [[UInt64]]
    private let expansion: SeedExpansion<Ring64>
    private var secrets: SeedStream
    private var active: [Int: [(index: Int, making: TwoPartyMaking)]] = [:]
    private var sent: [Int: SentTransfers] = [:]
    private(set) var shares: [CorrelationShare<[UInt64]>?]
    /// Payload that this party has sent for each correlation, with its share of the OTs'.
    private(set) var sentBytes: [Int: Int] = [:]
    /// Own work on each correlation.
    private(set) var times: [Duration]

    init(
        _ plan: CorrelationPlan, _ schedule: MakingSchedule, _ party: Party, _ transfers: TwoPartyTransfers,
        _ encryption: PartyEncryption?, ring: Ring64, threads: Int, weights: [[UInt64]],
        generation: inout KeptGeneration<Seed>, seeds: inout some SeedSource
    ) throws {
        self.plan = plan
        self.schedule = schedule
        self.party = party
        self.transfers = transfers
        self.encryption = encryption
        self.threads = threads
        self.weights = weights
        let seed = try seeds.nextSeed()
        expansion = SeedExpansion(
            domain: ring, party: party, seed: seed, keptSeed: try generation.seeds(for: plan.keptRows, own: seed))
        secrets = SeedStream(try seeds.nextSeed())
        shares = [CorrelationShare<[UInt64]>?](repeating: nil, count: plan.correlations.count)
        times = [Duration](repeating: .zero, count: plan.correlations.count)
    }

    func run(over peer: any Channel) throws {
        transfers.sender.begin(schedule.transfers[party])
        transfers.receiver.begin(schedule.transfers[party.peer])
        if schedule.stages == 0 {
            for group in schedule.groups.indices { try begin(group, received: []) }
            for group in schedule.groups.indices { try finish(group) }
        }
        for step in 0..<schedule.steps {
            let work = schedule.work(in: step)
            let tag = FrameTag.making(step: step)
            var message: [UInt8] = []
            for (group, stage) in work { message += try outgoing(group, stage) }
            if !message.isEmpty { try peer.send(Frame(tag: tag, depth: UInt32(step + 1), payload: message)) }
            let expected = work.reduce(0) { $0 + incomingBytes($1.group, $1.stage) }
            guard expected > 0 || !work.isEmpty else { continue }
            var rest = expected > 0 ? try peer.receive(tag: tag, byteCount: expected).payload[...] : []
            for (group, stage) in work {
                let size = incomingBytes(group, stage)
                try incoming(group, stage, Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                if stage == schedule.stages - 1 { try finish(group) }
            }
        }
    }

    private func incomingBytes(_ group: Int, _ stage: Int) -> Int {
        stage == 0
            ? transfers.receiver.messageBytes(schedule.transfers(of: group)[party.peer])
            : schedule.bytes(of: group, stage: stage)[party.peer]
    }

    private func outgoing(_ group: Int, _ stage: Int) throws -> [UInt8] {
        guard stage > 0 else {
            let (taken, message) = try transfers.sender.take(schedule.transfers(of: group)[party])
            sent[group] = taken
            // Every correlation's share of the trees.
            for index in schedule.groups[group] where schedule.transferBytes[index][party] > 0 {
                sentBytes[index, default: 0] += schedule.transferBytes[index][party]
            }
            return message
        }
        var message: [UInt8] = []
        try forEach(group, stage) { index, exchange in
            let bytes = try exchange.outgoing()
            let expected = schedule.bytes(of: index, step: stage - 1)[party]
            precondition(bytes.count == expected, "a correlation sends what it declares")
            if !bytes.isEmpty { sentBytes[index, default: 0] += bytes.count }
            message += bytes
        }
        return message
    }

    private func incoming(_ group: Int, _ stage: Int, _ bytes: [UInt8]) throws {
        guard stage > 0 else { return try begin(group, received: bytes) }
        var rest = bytes[...]
        try forEach(group, stage) { index, exchange in
            let size = schedule.bytes(of: index, step: stage - 1)[party.peer]
            try exchange.incoming(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
    }

    private func forEach(
        _ group: Int, _ stage: Int, _ body: (Int, TwoPartyMaking.Exchange) throws -> Void
    ) throws {
        for (index, making) in active[group] ?? [] where making.exchanges.indices.contains(stage - 1) {
            let start = ProcessorTime.now
            try body(index, making.exchanges[stage - 1])
            times[index] += ProcessorTime.now - start
        }
    }

    /// Once the OTs of both directions are there.
    private func begin(_ group: Int, received bytes: [UInt8]) throws {
        let count = schedule.transfers(of: group)
        let received = try transfers.receiver.take(count[party.peer], message: bytes)
        let own = try sent.removeValue(forKey: group) ?? transfers.sender.take(count[party]).transfers
        var used = ByParty<Int>.zero
        active[group] = try schedule.groups[group].map { index in
            let start = ProcessorTime.now
            let correlation = schedule.correlation(index)
            let next = used + correlation.transfers
            defer { used = next }
            let making = try correlation.make(
                TwoPartyView(
                    party: party, plan: plan, masks: try expansion.masks(correlation, index: index),
                    sent: own[used[party]..<next[party]], received: received[used[party.peer]..<next[party.peer]],
                    hash: transfers.hash, encryption: encryption, threads: threads,
                    secrets: SeedStream(try secrets.nextSeed()), expansion: expansion, weights: weights))
            times[index] += ProcessorTime.now - start
            return (index, making)
        }
    }

    private func finish(_ group: Int) throws {
        for (index, making) in active.removeValue(forKey: group) ?? [] {
            let start = ProcessorTime.now
            shares[index] = try making.share()
            times[index] += ProcessorTime.now - start
        }
    }
}

import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

@Suite struct TransferStreamTests {
    /// Runs that end within a round, with a round, after many, and empty ones; taken in pieces of odd sizes.
    @Test func runsAreCorrelatedAndCostWhatThePlanSays() throws {
        let pair = try TransferPair()
        let plan = pair.sender.plan
        let usable = 40 * 16 - (256 + 160)
        var indices: Set<UInt64> = []
        var blocks: Set<Block> = []
        var total = 0
        for demand in [1, 15, 16, 100, usable - 1, usable, usable + 1, 0, 3 * usable, 3 * usable + 7, 5] {
            pair.begin(demand)
            var (left, bytes) = (demand, 0)
            while left > 0 {
                let count = min(left, 1 + (left * 7) % 50)
                let (sent, received, size) = try pair.take(count)
                expectCorrelated(sent, received)
                for index in 0..<count { indices.insert(sent.index + UInt64(index)) }
                blocks.formUnion(sent.blocks)
                left -= count
                bytes += size
            }
            total += demand
            #expect(bytes == plan.runBytes(demand) && bytes == plan.runTrees(demand) * 64, "\(demand)")
            #expect(plan.leftover(demand) < 16, "\(demand)")
        }
        #expect(indices.count == total && blocks.count == total, "an OT came twice")
    }

    @Test func everyDemandsTreesAndLeftovers() throws {
        let plan = TransferPair.smallPlan
        for demand in 0...1000 {
            let trees = plan.runTrees(demand)
            // By steps: a round's first 416 are the next one's seeds.
            var (made, kept, got) = (0, 416, 0)
            while got < demand {
                if made % 40 == 0 { kept = 0 }
                let seeds = min(16, 416 - kept)
                (made, kept, got) = (made + 1, kept + seeds, got + 16 - seeds)
            }
            #expect(trees == made && plan.leftover(demand) == got - demand, "\(demand)")
            // A tree of 16 OTs has 64 bytes.
            #expect(plan.leftoverBytes(demand) == 4 * (got - demand), "\(demand)")
        }
    }

    /// The sets that are used, with a run over more than one round of the smallest.
    @Test func setsOfTheLiterature() throws {
        let plan = TransferPlan(
            softSpoken: SoftSpoken(treeDepth: 8), bootstrap: [], main: .b10)
        let pair = try TransferPair(plan)
        let (sent, received) = try pair.run(plan.main.count)
        expectCorrelated(sent, received)
        let ones = received.choices.popcount
        #expect(abs(ones - sent.count / 2) < sent.count / 200)
        let planned = TransferPlan.standard
        #expect(planned.main == .b13 && planned.bootstrap == [.b10])
        #expect(FerretParameters.all.map(\.count) == [870_400, 2_396_160, 6_225_920, 15_564_800])
        #expect(FerretParameters.all.map(\.seeds) == [74_036, 143_942, 280_384, 548_988])
        // At most 0.22 bits an OT in the long run, and half a megabyte before.
        #expect(8 * planned.runBytes(1_000_000_000) < 220_000_000)
        #expect(planned.setupBytes.fromSender + planned.setupBytes.fromReceiver < 500_000)
    }

    @Test func aRoundOfTheBootstrapGivesTheSeedsOfTheNext() throws {
        let plan = TransferPlan(
            softSpoken: SoftSpoken(treeDepth: 2),
            bootstrap: [
                FerretParameters(trees: 40, logBase: 8, depth: 4), FerretParameters(trees: 60, logBase: 8, depth: 5),
            ],
            main: FerretParameters(trees: 50, logBase: 9, depth: 6))
        let pair = try TransferPair(plan)
        let (sent, received) = try pair.run(5000)
        expectCorrelated(sent, received)
    }

    @Test func moreThanPlannedIsRefused() throws {
        let pair = try TransferPair()
        #expect(throws: ObliviousTransferError.exhausted(asked: 1, left: 0)) { try pair.sender.take(1) }
        pair.begin(10)
        _ = try pair.take(7)
        #expect(throws: ObliviousTransferError.exhausted(asked: 4, left: 3)) { try pair.sender.take(4) }
        #expect(throws: ObliviousTransferError.exhausted(asked: 4, left: 3)) { try pair.receiver.take(4, message: []) }
        let (sent, received, _) = try pair.take(3)
        expectCorrelated(sent, received)
    }

    @Test func messagesOfOtherSizesAreRefused() throws {
        var seeds = InsecureSeededSource(4)
        let plan = TransferPair.smallPlan
        let sender = try TransferSender(plan, seeds: &seeds)
        let receiver = try TransferReceiver(plan, seeds: &seeds)
        let others: ([UInt8]) -> [[UInt8]] = { [[], Array($0.dropLast()), $0 + [0]] }
        for bytes in others(receiver.message) {
            #expect(throws: ObliviousTransferError.self) { try sender.reply(bytes) }
        }
        let reply = try sender.reply(receiver.message)
        for bytes in others(reply) { #expect(throws: ObliviousTransferError.self) { try receiver.reply(bytes) } }
        let trees = try receiver.reply(reply)
        let pair = try TransferPair()
        for bytes in others(trees) {
            #expect(throws: ObliviousTransferError.self) {
                let sender = try TransferSender(plan, seeds: &seeds)
                _ = try sender.reply(receiver.message)
                _ = try sender.finishSetup(bytes)
            }
        }
        pair.begin(20)
        let (_, message) = try pair.sender.take(20)
        for bytes in others(message) {
            #expect(throws: ObliviousTransferError.self) { try pair.receiver.take(20, message: bytes) }
        }
    }

    /// What travels looks uniform, in setup and runs.
    @Test func messagesAreUniform() throws {
        let pair = try TransferPair(
            TransferPlan(
                softSpoken: SoftSpoken(treeDepth: 8), bootstrap: [],
                main: FerretParameters(trees: 300, logBase: 10, depth: 6)))
        pair.begin(15000)
        let (sent, message) = try pair.sender.take(15000)
        #expect(message.count > 20000 && abs(ChiSquare.deviation(ofBytes: message)) < 5)
        #expect(
            abs(ChiSquare.deviation(ofBytes: sent.blocks.map { $0 &>> 1 & Block(repeating: 0xff) }.map { UInt8($0.x) }))
                < 5)
    }
}

import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

@Suite struct ExtensionTests {
    private func pair(_ depth: Int, seed: UInt64 = 1) throws -> (SoftSpokenSender, SoftSpokenReceiver, SoftSpoken) {
        var seeds = InsecureSeededSource(seed)
        let parameters = SoftSpoken(treeDepth: depth)
        let difference = SoftSpokenSender.difference(seed: try seeds.nextSeed())
        let base = try BaseTransferSender(seed: seeds.nextSeed())
        let answer = try BaseTransferReceiver(
            base.message, choices: SoftSpokenSender.choices(parameters, difference: difference),
            seed: seeds.nextSeed())
        let receiver = try SoftSpokenReceiver(
            parameters, base: base, reply: answer.message, seed: seeds.nextSeed())
        #expect(receiver.treeMessage.count == parameters.treeBytes)
        let sender = try SoftSpokenSender(
            parameters, difference: difference, base: answer, treeMessage: receiver.treeMessage)
        return (sender, receiver, parameters)
    }

    /// Sizes around the pieces that are worked on at a time.
    @Test(arguments: [1, 2, 4, 8]) func blocksDifferByTheDifferenceWhereTheBitIsSet(depth: Int) throws {
        let (sender, receiver, parameters) = try pair(depth)
        #expect(sender.difference.x & 1 == 1)
        for count in [64, 128, 8192, 8192 + 64, 32768 + 192, 0] {
            let (received, message) = try receiver.extend(count)
            #expect(message.count == parameters.extensionBytes(count))
            #expect(message.count == (128 / depth - 1) * count / 8)
            let sent = try sender.extend(count, message: message)
            #expect(sent.count == count && received.count == count)
            for index in 0..<count {
                let choice = received[index].x & 1 == 1
                if sent[index].x & 1 == 1 || received[index] != (choice ? sent[index] ^ sender.difference : sent[index])
                {
                    Issue.record("OT \(index) of \(count)")
                }
            }
            guard count > 8000 else { continue }
            let ones = received.reduce(0) { $0 + Int($1.x & 1) }
            #expect(abs(ones - count / 2) < 3 * count / 100)
            #expect(Set(sent).count == count)
        }
    }

    @Test func whatTravelsIsUniform() throws {
        let (_, receiver, _) = try pair(4)
        #expect(abs(ChiSquare.deviation(ofBytes: receiver.treeMessage)) < 5)
        #expect(abs(ChiSquare.deviation(ofBytes: try receiver.extend(32768).message)) < 5)
    }

    @Test func messagesOfOtherSizesAreRefused() throws {
        let (sender, receiver, parameters) = try pair(8)
        let (_, message) = try receiver.extend(64)
        for bytes in [[], Array(message.dropLast()), message + [0]] {
            #expect(throws: ObliviousTransferError.self) { try sender.extend(64, message: bytes) }
        }
        var seeds = InsecureSeededSource(1)
        let base = try BaseTransferSender(seed: seeds.nextSeed())
        #expect(throws: ObliviousTransferError.self) {
            try SoftSpokenReceiver(parameters, base: base, reply: [1, 2, 3], seed: seeds.nextSeed())
        }
    }

    /// Flipped bits of one OT make that one wrong, and no other.
    @Test func aWrongMessageGivesWrongTransfers() throws {
        let (sender, receiver, _) = try pair(4)
        let (received, good) = try receiver.extend(64)
        var message = good
        for tree in 0..<31 { message[8 * tree] ^= 1 }
        let sent = try sender.extend(64, message: message)
        let wrong = (0..<64).filter {
            received[$0] != (received[$0].x & 1 == 1 ? sent[$0] ^ sender.difference : sent[$0])
        }
        #expect(wrong == [0])
    }
}

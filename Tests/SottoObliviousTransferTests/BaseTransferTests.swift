import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

@Suite struct BaseTransferTests {
    private func seed(_ number: UInt64) throws -> Seed {
        var source = InsecureSeededSource(number)
        return try source.nextSeed()
    }

    private func bits(_ bits: [Bool]) -> BitVector {
        var vector = BitVector(repeating: false, count: bits.count)
        for (index, bit) in bits.enumerated() { vector[index] = bit }
        return vector
    }

    @Test(arguments: [[false], [true], [false, true, true, false, true, false, false, true, true]])
    func receiverGetsTheChosenKeyAlone(choices: [Bool]) throws {
        let sender = try BaseTransferSender(seed: seed(1))
        let receiver = try BaseTransferReceiver(sender.message, choices: bits(choices), seed: seed(2))
        #expect(sender.message.count == BaseTransfer.senderBytes)
        #expect(receiver.message.count == BaseTransfer.receiverBytes(choices.count))
        let keys = try sender.keys(receiver.message, count: choices.count)
        var all: Set<[UInt8]> = []
        for (index, choice) in choices.enumerated() {
            let (zero, one) = keys[index]
            #expect(receiver.keys[index] == (choice ? one : zero))
            #expect(receiver.keys[index] != (choice ? zero : one))
            all.formUnion([[zero].bytes, [one].bytes])
        }
        #expect(all.count == 2 * choices.count, "keys repeat")
    }

    /// The same scalars with other choices: every message is another point, and without the sender's message there is no
    /// telling which.
    @Test func messagesDependOnSeedsAndChoices() throws {
        let sender = try BaseTransferSender(seed: seed(1))
        let zero = try BaseTransferReceiver(sender.message, choices: bits([false]), seed: seed(2))
        let one = try BaseTransferReceiver(sender.message, choices: bits([true]), seed: seed(2))
        #expect(zero.message != one.message && zero.keys != one.keys)
        #expect(try BaseTransferSender(seed: seed(3)).message != sender.message)
    }

    /// The sender's own point as an answer: its second key is that of the point at infinity.
    @Test func aReflectedPointIsAnswered() throws {
        let sender = try BaseTransferSender(seed: seed(1))
        let keys = try sender.keys(sender.message, count: 1)
        #expect(keys[0].0 != keys[0].1)
    }

    @Test func whatIsNoPointIsRefused() throws {
        let sender = try BaseTransferSender(seed: seed(1))
        let receiver = try BaseTransferReceiver(sender.message, choices: bits([true, false]), seed: seed(2))
        var bad: [[UInt8]] = [[UInt8](repeating: 0, count: 33), [4] + sender.message.dropFirst()]
        // x = p, and an x of which no point lies on the curve: among 20 both kinds occur.
        bad.append(
            [2] + [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
                + [UInt8](repeating: 0xff, count: 12))
        var offCurve = 0
        for last in 0..<20 {
            let bytes = [2] + [UInt8](repeating: 0, count: 31) + [UInt8(last)]
            do { _ = try BaseTransferReceiver(bytes, choices: bits([true]), seed: seed(2)) } catch {
                #expect(error as? ObliviousTransferError == .notAPoint(index: 0))
                offCurve += 1
            }
        }
        #expect(offCurve > 0 && offCurve < 20)
        for bytes in bad {
            #expect(throws: ObliviousTransferError.notAPoint(index: 0)) {
                try BaseTransferReceiver(bytes, choices: bits([true]), seed: seed(2))
            }
            #expect(throws: ObliviousTransferError.notAPoint(index: 1)) {
                try sender.keys(receiver.message.prefix(33) + bytes, count: 2)
            }
        }
    }

    @Test(arguments: [0, 32, 34]) func messagesOfOtherSizesAreRefused(size: Int) throws {
        let sender = try BaseTransferSender(seed: seed(1))
        let bytes = [UInt8](repeating: 2, count: size)
        let error = ObliviousTransferError.wrongMessageSize(step: "base OTs", expected: 33, actual: size)
        #expect(throws: error) { try sender.keys(bytes, count: 1) }
        #expect(throws: error) { try BaseTransferReceiver(bytes, choices: bits([true]), seed: seed(2)) }
    }

    /// Keys look uniform.
    @Test func keysAreUniform() throws {
        let sender = try BaseTransferSender(seed: seed(7))
        let choices = bits((0..<400).map { $0 % 3 == 0 })
        let receiver = try BaseTransferReceiver(sender.message, choices: choices, seed: seed(8))
        let keys = try sender.keys(receiver.message, count: choices.count)
        #expect(abs(ChiSquare.deviation(ofBytes: keys.map(\.0).bytes)) < 5)
        #expect(abs(ChiSquare.deviation(ofBytes: keys.map { $0.0 ^ $0.1 }.bytes)) < 5)
    }
}

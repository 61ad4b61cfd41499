import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

@Suite struct ProductTests {
    private func bits(_ count: Int, _ generator: inout SeededGenerator) -> BitVector {
        BitVector(words: (0..<BitVector.wordCount(count)).map { _ in generator.next() }, count: count)
    }

    @Test(arguments: [1, 63, 64, 65, 1000], [1, 2, 64, 128, 131])
    func randomBitsAndTheirProducts(count: Int, planes: Int) throws {
        let pair = try TransferPair()
        let (sent, received) = try pair.run(count)
        let sender = try RandomPlaneProducts.send(planes: planes, sent, pair.hash)
        let receiver = try RandomPlaneProducts.receive(planes: planes, received, pair.hash)
        #expect(sender.factors.count == planes && sender.shares.count == planes && receiver.shares.count == planes)
        for plane in 0..<planes {
            #expect(sender.shares[plane] ^ receiver.shares[plane] == sender.factors[plane] & receiver.factor)
        }
        guard count == 1000 else { return }
        for vector in sender.factors + sender.shares + receiver.shares + [receiver.factor] {
            #expect(abs(vector.popcount - 500) < 80)
        }
        // No plane is another one's.
        #expect(Set(sender.factors.map(\.words)).count == planes && Set(sender.shares.map(\.words)).count == planes)
    }

    @Test(arguments: [1, 65, 1000], [1, 7, 46, 64]) func randomNumbersTimesBits(count: Int, width: Int) throws {
        let pair = try TransferPair()
        let (sent, received) = try pair.run(count)
        let sender = try RandomRingProducts.send(width: width, sent, pair.hash)
        let receiver = try RandomRingProducts.receive(width: width, received, pair.hash)
        let mask = Ring64.mask(width)
        for index in 0..<count {
            let product = (sender.shares[index] &+ receiver.shares[index]) & mask
            #expect(product == sender.numbers[index] &* receiver.bits.bit(index))
            #expect(sender.numbers[index] <= mask && sender.shares[index] <= mask && receiver.shares[index] <= mask)
        }
        guard count == 1000 else { return }
        #expect(abs(receiver.bits.popcount - 500) < 80)
        for words in [sender.numbers, sender.shares, receiver.shares] {
            let bits = words.reduce(0) { $0 + $1.nonzeroBitCount }
            #expect(abs(bits - 500 * width) < 6 * Int((250 * Double(width)).squareRoot()))
        }
    }

    @Test(arguments: [0, 1, 65, 300], [(1, 1), (2, 64), (7, 30)])
    func randomRowsTimesBits(count: Int, row: (columns: Int, width: Int)) throws {
        let pair = try TransferPair()
        let (sent, received) = try pair.run(count)
        let sender = try RandomRowProducts.send(columns: row.columns, width: row.width, sent, pair.hash)
        let receiver = try RandomRowProducts.receive(columns: row.columns, width: row.width, received, pair.hash)
        let mask = Ring64.mask(row.width)
        let size = count * row.columns
        #expect([sender.numbers, sender.shares, receiver.shares].allSatisfy { $0.count == size })
        for index in 0..<size {
            let product = (sender.shares[index] &+ receiver.shares[index]) & mask
            #expect(product == sender.numbers[index] &* receiver.bits.bit(index / row.columns))
        }
        guard count == 300 else { return }
        for words in [sender.numbers, sender.shares, receiver.shares] {
            #expect(words.allSatisfy { $0 <= mask })
            let bits = words.reduce(0) { $0 + $1.nonzeroBitCount }
            #expect(abs(bits - size * row.width / 2) < 3 * Int(Double(size * row.width).squareRoot()))
            // No number is another one's.
            if row.width > 20 { #expect(Set(words).count > size - 5) }
        }
    }

    @Test(arguments: [1, 64, 777]) func triples(count: Int) throws {
        let (forward, backward) = (try TransferPair(seed: 1), try TransferPair(seed: 2))
        let (sent, received) = try forward.run(count)
        let (otherSent, otherReceived) = try backward.run(count)
        let server = try BitTriples(sent: sent, received: otherReceived, forward.hash)
        let client = try BitTriples(sent: otherSent, received: received, backward.hash)
        #expect(server.z ^ client.z == (server.x ^ client.x) & (server.y ^ client.y))
        guard count == 777 else { return }
        // All eight combinations of the values of x, y and either share of z.
        let counts = (0..<8).map { pattern in
            var selected = BitVector(repeating: true, count: count)
            for (bit, vector) in [server.x ^ client.x, server.y ^ client.y, server.z].enumerated() {
                selected &= pattern >> bit & 1 == 1 ? vector : ~vector
            }
            return selected.popcount
        }
        #expect(ChiSquare.deviation(counts: counts) < 5)
    }

    @Test(arguments: [1, 2, 17, 46, 63, 64]) func bitsTimesRingElements(width: Int) throws {
        let pair = try TransferPair()
        var generator = SeededGenerator(UInt64(width))
        let count = 300
        let mask = Ring64.mask(width)
        let values = generator.integers(count, bits: min(width, 62)).map { UInt64(bitPattern: $0) }
        for chosen in [false, true] {
            let (sent, received) = try pair.run(count)
            let choices = chosen ? bits(count, &generator) : received.choices
            let flips = chosen ? RingTransfer.flips(choices, received) : nil
            let (shares, message) = try RingTransfer.send(values, width: width, sent, flips: flips, pair.hash)
            #expect(message.count == RingTransfer.bytes(count: count, width: width))
            let others = try RingTransfer.receive(
                message, width: width, received, choices: chosen ? choices : nil, pair.hash)
            for index in 0..<count {
                let expected = choices[index] ? values[index] & mask : 0
                if (shares[index] &+ others[index]) & mask != expected || shares[index] > mask {
                    Issue.record("\(index)")
                }
            }
            #expect(throws: PackingError.self) {
                try RingTransfer.receive(message + [0], width: width, received, pair.hash)
            }
        }
    }

    /// Every number of every size against what was sent.
    @Test(arguments: [(1, 64), (2, 1), (2, 6), (3, 18), (4, 64), (8, 7)]) func chosenStrings(bits: Int, width: Int)
        throws
    {
        let transfer = ChosenTransfer(choiceBits: bits, width: width)
        let pair = try TransferPair()
        var generator = SeededGenerator(UInt64(bits * 100 + width))
        let choices = (0..<max(40, transfer.messages)).map { UInt64($0 % transfer.messages) }
        let strings = (0..<choices.count * transfer.messages).map { _ in generator.next() }
        let (sent, received) = try pair.run(transfer.transfers(choices.count))
        let flips = transfer.choose(choices, received)
        #expect(flips.bytes.count == transfer.choiceBytes(choices.count))
        let message = try transfer.send(strings, sent, flips: flips, pair.hash)
        #expect(message.count == transfer.bytes(choices.count))
        let got = try transfer.receive(message, choices: choices, received, pair.hash)
        for (index, choice) in choices.enumerated() {
            #expect(got[index] == strings[index * transfer.messages + Int(choice)] & Ring64.mask(width))
        }
        // Another number opens nothing.
        let others = choices.map { $0 ^ 1 }
        let wrong = try transfer.receive(message, choices: others, received, pair.hash)
        if width >= 18 {
            for index in choices.indices {
                #expect(wrong[index] != strings[index * transfer.messages + Int(others[index])] & Ring64.mask(width))
            }
        }
        #expect(throws: PackingError.self) {
            try transfer.receive(Array(message.dropLast()), choices: choices, received, pair.hash)
        }
    }

    @Test(arguments: [(1, 1), (1, 64), (15, 30), (15, 15), (64, 64), (20, 46)])
    func gilboaProducts(bits: Int, width: Int) throws {
        let product = GilboaProduct(bits: bits, width: width)
        let pair = try TransferPair()
        var generator = SeededGenerator(UInt64(bits * 100 + width))
        let count = 37
        let ends = [0, 1, Ring64.mask(bits), Ring64.mask(bits) >> 1, Ring64.mask(bits) &- 1 & Ring64.mask(bits)]
        let numbers = (0..<count).map { $0 < 5 ? ends[$0] : generator.next() & Ring64.mask(bits) }
        let values = (0..<count).map { $0 % 7 == 0 ? Ring64.mask(width) : generator.next() }
        let (sent, received) = try pair.run(product.transfers(count))
        let flips = product.choose(numbers, received)
        #expect(flips.bytes.count == product.choiceBytes(count))
        let (shares, message) = try product.send(values, sent, flips: flips, pair.hash)
        #expect(message.count == product.bytes(count))
        let others = try product.receive(message, numbers: numbers, received, pair.hash)
        for index in 0..<count {
            let sum = (shares[index] &+ others[index]) & Ring64.mask(width)
            #expect(sum == (numbers[index] &* values[index]) & Ring64.mask(width))
        }
        #expect(throws: ObliviousTransferError.self) {
            try product.receive(message + [0], numbers: numbers, received, pair.hash)
        }
    }
}

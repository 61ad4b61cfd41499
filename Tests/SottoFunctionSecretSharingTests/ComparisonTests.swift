import SottoAlgebra
import SottoFunctionSecretSharing
import SottoRandomness
import Testing

@Suite struct ComparisonTests {
    /// Every threshold and every point.
    @Test(arguments: 1...7, 0...7)
    func valuesAreRightEverywhere(inputBits: Int, leafBits: Int) throws {
        guard leafBits <= inputBits else { return }
        let size = UInt64(1) << UInt64(inputBits)
        let shapes = [(1, 1), (1, 8), (2, 16), (3, 17), (3, 32), (6, 9), (3, 33), (3, 56), (5, 40), (4, 64)]
        for (components, ring) in shapes {
            let format = ComparisonFormat(
                inputBits: inputBits, components: components, ring: ring, leafBits: leafBits)
            let alphas = Array(0..<size)
            let payloads = (0..<alphas.count * components).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
            let batch = try ComparisonKeyBatch(
                format, alphas: alphas, payloads: payloads, seed: UInt64(inputBits * 8 + leafBits))
            let points = alphas.flatMap { _ in 0..<size }
            #expect(try batch.values(at: points) == batch.expected(at: points))
        }
    }

    @Test(arguments: [(8, 1, 1), (16, 2, 16), (17, 3, 56), (25, 2, 46), (40, 3, 64), (63, 1, 64), (63, 2, 33)])
    func valuesAreRightAtRandomAndAtTheEnds(inputBits: Int, components: Int, ring: Int) throws {
        let format = ComparisonFormat(inputBits: inputBits, components: components, ring: ring)
        let last: UInt64 = (1 << UInt64(inputBits)) - 1
        let batch = try ComparisonKeyBatch(format, count: 1500, seed: 3)
        let points = batch.alphas.enumerated().flatMap { key, alpha -> [UInt64] in
            let around = [0, alpha &- 1, alpha, alpha &+ 1, last, last ^ alpha, UInt64(key) & last]
            return around.map { min($0, last) }.sorted()
        }
        #expect(try batch.values(at: points) == batch.expected(at: points))
    }

    @Test func extremeThresholdsAndPayloads() throws {
        let format = ComparisonFormat(inputBits: 18, components: 2, ring: 46)
        let last: UInt64 = (1 << 18) - 1
        let alphas: [UInt64] = [0, 1, last, last - 1, 1 << 17, (1 << 17) - 1]
        let largest: UInt64 = (1 << 46) - 1
        let payloads: [UInt64] = alphas.flatMap { _ in [0, largest] }
        let batch = try ComparisonKeyBatch(format, alphas: alphas, payloads: payloads, seed: 4)
        let ends: [UInt64] = [0, 1, (1 << 17) - 1, 1 << 17, last - 1, last]
        let points: [UInt64] = alphas.flatMap { _ in ends }
        #expect(try batch.values(at: points) == batch.expected(at: points))
    }

    @Test func equalPointsAreFine() throws {
        let batch = try ComparisonKeyBatch(
            ComparisonFormat(inputBits: 12, components: 1, ring: 20), count: 300, seed: 5)
        let points = batch.alphas.flatMap { [$0, $0, $0] }
        #expect(try batch.values(at: points) == batch.expected(at: points))
    }

    @Test func nothingOfNothing() throws {
        let batch = try ComparisonKeyBatch(ComparisonFormat(inputBits: 12, components: 1, ring: 20), count: 0, seed: 6)
        #expect(try batch.values(at: []).isEmpty)
        let one = try ComparisonKeyBatch(ComparisonFormat(inputBits: 12, components: 1, ring: 20), count: 1, seed: 6)
        #expect(try one.values(at: []).isEmpty)
    }

    @Test(arguments: [0, 1])
    func payloadsAreShared(publicComponents: Int) throws {
        let format = ComparisonFormat(inputBits: 10, components: 3, ring: 50, publicComponents: publicComponents)
        let batch = try ComparisonKeyBatch(format, count: 1100, seed: 7)
        let shares = try ByParty {
            try ComparisonEvaluator(format, party: $0).payloads(batch.corrections, roots: batch.roots[$0])
        }
        let sums = zip(shares.server, shares.client).map { ($0 &+ $1) & batch.mask }
        let hidden = batch.payloads.enumerated().filter { $0.offset % 3 >= publicComponents }.map(\.element)
        #expect(sums == hidden)
    }

    /// All kernels that this processor has give the same keys and the same values.
    @Test(arguments: [(21, 3, 56), (21, 3, 32), (12, 2, 20), (9, 6, 30), (9, 5, 33), (11, 1, 64), (10, 8, 64)], 1...5)
    func kernelsAreOne(format: (inputBits: Int, components: Int, ring: Int), pointsOfKey: Int) throws {
        let format = ComparisonFormat(
            inputBits: format.inputBits, components: format.components, ring: format.ring, publicComponents: 1)
        for count in [1, 2, 3, 5, 31, 32, 33, 769] {
            let batches = try TreeHash.Kernel.allCases.filter(\.isAvailable).map {
                try ComparisonKeyBatch(format, count: count, seed: 8, kernel: $0)
            }
            #expect(batches.allSatisfy { $0.corrections == batches[0].corrections })
            let points = batches[0].alphas.flatMap { alpha in (0..<pointsOfKey).map { alpha >> UInt64($0) } }
            let shares = try TreeHash.Kernel.allCases.filter(\.isAvailable).map {
                try batches[0].shares(.client, at: points, kernel: $0)
            }
            #expect(shares.allSatisfy { $0 == shares[0] })
        }
    }

    @Test func keysOfAnotherSizeAreRefused() throws {
        let batch = try ComparisonKeyBatch(ComparisonFormat(inputBits: 12, components: 2, ring: 20), count: 4, seed: 9)
        let other = ComparisonFormat(inputBits: 13, components: 2, ring: 20)
        #expect(throws: FunctionSecretSharingError.wrongSize) {
            _ = try ComparisonEvaluator(other, party: .server)
                .evaluate(batch.corrections, roots: batch.roots.server, points: [0, 0, 0, 0])
        }
        #expect(throws: FunctionSecretSharingError.wrongSize) {
            _ = try ComparisonEvaluator(batch.format, party: .server)
                .payloads(batch.corrections, roots: Array(batch.roots.server.prefix(3)))
        }
    }

    /// What a party has of a key, its shares of values included, does not depend on the threshold or the payload: the
    /// counts of all bits are those of coins.
    @Test func keysAndSharesLookUniform() throws {
        let format = ComparisonFormat(inputBits: 14, components: 2, ring: 24)
        let count = 4000
        for alpha: UInt64 in [0, 1, 1 << 13, (1 << 14) - 1] {
            let batch = try ComparisonKeyBatch(
                format, alphas: [UInt64](repeating: alpha, count: count),
                payloads: [UInt64](repeating: alpha, count: count * 2), seed: 10 + alpha)
            let seeds = batch.corrections.seeds
            for level in 0..<seeds.count / (2 * count) {
                for bit in [0, 1, 17, 63] {
                    let ones = (0..<count).count { (seeds[2 * (level * count + $0)] >> UInt64(bit)) & 1 == 1 }
                    #expect(isFair(ones, of: count))
                }
            }
            for bit in [0, 11, 23] {
                let ones = batch.corrections.values.count { ($0 >> UInt64(bit)) & 1 == 1 }
                #expect(isFair(ones, of: batch.corrections.values.count))
                for party in Party.allCases {
                    // The last of all points is public: nothing is above it.
                    let shares = try batch.shares(party, at: (0..<count).flatMap { _ in [alpha / 3, alpha / 2] })
                    #expect(isFair(shares.count { ($0 >> UInt64(bit)) & 1 == 1 }, of: shares.count))
                }
            }
        }
    }

    /// Within five standard deviations.
    private func isFair(_ ones: Int, of count: Int) -> Bool {
        abs(Double(2 * ones - count)) < 5 * Double(count).squareRoot()
    }

    /// Bits of a key, as the literature counts them.
    @Test func sizesOfKeys() {
        func bits(_ inputBits: Int, _ components: Int, _ ring: Int, leafBits: Int? = nil) -> Int {
            ComparisonFormat(
                inputBits: inputBits, components: components, ring: ring, publicComponents: components,
                leafBits: leafBits
            ).keyBits
        }
        // A bit: the leaf is all of 7 levels, with one above it.
        #expect(bits(7, 1, 1) == 127)
        #expect(bits(8, 1, 1) == 129 + 1 + 127)
        // 15 levels with two children, a last one without seeds.
        #expect(bits(16, 3, 64, leafBits: 0) == 15 * 129 + 16 * 192)
        // Leaves of 8 points are shortest for two short components.
        #expect(bits(16, 2, 16) == 13 * 129 + (13 + 7) * 32)
        // Shares of what is not public of the payload.
        let gate = ComparisonFormat(inputBits: 16, components: 2, ring: 16, publicComponents: 1)
        #expect(gate.keyBits == bits(16, 2, 16) + 16)
        // A leaf of 4 points costs less than 2 % more than two levels.
        #expect(bits(17, 3, 56) == bits(17, 3, 56, leafBits: 2))
    }
}

import SottoAlgebra
import SottoFunctionSecretSharing
import SottoRandomness
import Testing

@Suite struct PointFunctionTests {
    private func roots(_ count: Int, seed: UInt64) throws -> ByParty<[Block]> {
        var seeds = InsecureSeededSource(seed)
        func blocks() throws -> [Block] {
            let words = try PseudorandomGenerator(seed: seeds.nextSeed(), domain: 0).words(2 * count)
            return (0..<count).map { Block(words[2 * $0], words[2 * $0 + 1]) }
        }
        return ByParty(server: try blocks(), client: try blocks())
    }

    /// Every point at every input.
    @Test(arguments: [1, 2, 3, 7, 8, 9], [1, 2, 8, 13, 64])
    func valuesAreRightEverywhere(inputBits: Int, ring: Int) throws {
        let format = PointFormat(inputBits: inputBits, ring: ring)
        let mask: UInt64 = .max >> UInt64(64 - ring)
        let alphas = (0..<UInt64(1) << UInt64(inputBits)).map { $0 }
        let payloads = alphas.map { $0 &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
        let roots = try roots(alphas.count, seed: UInt64(inputBits))
        let corrections = try PointKeyGenerator(format).corrections(alphas: alphas, payloads: payloads, roots: roots)
        let shares = try ByParty {
            try PointEvaluator(format, party: $0).evaluateAll(corrections, roots: roots[$0])
        }
        for (key, alpha) in alphas.enumerated() {
            for x in alphas {
                let place = key << inputBits + Int(x)
                let value = (shares.server[place] &+ shares.client[place]) & mask
                guard value != (x == alpha ? payloads[key] & mask : 0) else { continue }
                Issue.record("\(format): at \(x) of \(alpha) got \(value)")
                return
            }
        }
    }

    /// Either party's shares look like coins wherever the point is.
    @Test func sharesLookUniform() throws {
        let format = PointFormat(inputBits: 6, ring: 16)
        for alpha: UInt64 in [0, 31, 63] {
            let roots = try roots(400, seed: alpha)
            let corrections = try PointKeyGenerator(format).corrections(
                alphas: [UInt64](repeating: alpha, count: 400), payloads: [UInt64](repeating: 1, count: 400),
                roots: roots)
            for party in Party.allCases {
                let shares = try PointEvaluator(format, party: party).evaluateAll(corrections, roots: roots[party])
                for bit in [0, 7, 15] {
                    let ones = shares.count { ($0 >> UInt64(bit)) & 1 == 1 }
                    #expect(abs(Double(2 * ones - shares.count)) < 5 * Double(shares.count).squareRoot())
                }
            }
        }
    }

    @Test func tablesAreLookedUp() throws {
        let gate = TableGate(width: 7, ring: 20)
        let tables = [(0..<128).map { UInt64($0 * $0) }, (0..<128).map { UInt64(1 << 19 - $0) }]
        let pairs = (0..<UInt64(128)).flatMap { x in [0, 1, 77, 127].map { (x, UInt64($0)) } }
        let roots = try roots(pairs.count, seed: 5)
        let corrections = try PointKeyGenerator(gate.keyFormat).corrections(
            alphas: pairs.map(\.1), payloads: pairs.map { _ in 1 }, roots: roots)
        let opened = pairs.map { $0 &- $1 }
        let shares = try ByParty {
            try gate.evaluate(opened, tables: tables, party: $0, roots: roots[$0], corrections)
        }
        for (index, table) in tables.enumerated() {
            let values = zip(shares.server[index], shares.client[index]).map { ($0 &+ $1) & 0xF_FFFF }
            #expect(values == pairs.map { table[Int($0.0)] & 0xF_FFFF })
        }
    }

    @Test func sizesAndOtherKeys() throws {
        // Leaves of a block: 128 bits, or two words.
        #expect(PointFormat(inputBits: 12, ring: 1).keyBits == 5 * 129 + 128)
        #expect(PointFormat(inputBits: 10, ring: 64).keyBits == 9 * 129 + 128)
        let roots = try roots(3, seed: 6)
        let format = PointFormat(inputBits: 8, ring: 8)
        let corrections = try PointKeyGenerator(format).corrections(
            alphas: [1, 2, 3], payloads: [1, 1, 1], roots: roots)
        #expect(throws: FunctionSecretSharingError.wrongSize) {
            _ = try PointEvaluator(PointFormat(inputBits: 9, ring: 8), party: .client)
                .evaluateAll(corrections, roots: roots.client)
        }
    }
}

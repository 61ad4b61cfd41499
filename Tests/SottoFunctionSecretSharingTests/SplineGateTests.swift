import SottoAlgebra
import SottoFunctionSecretSharing
import SottoRandomness
import Testing

@Suite struct SplineGateTests {
    /// What the gate may give: the polynomial of the piece of `x` rounded down to a cell, or up.
    private func allowed(_ gate: SplineGate, _ function: SplineFunction, _ x: Int64) -> Set<UInt64> {
        let mask: UInt64 = gate.ring == 64 ? .max : (1 << UInt64(gate.ring)) - 1
        let low = x >> Int64(gate.droppedBits)
        let cells = gate.droppedBits > 0 ? [low, low + 1] : [low]
        return Set(
            cells.map { cell in
                let piece = gate.knots.count { $0 <= cell }
                let v = x &- function.origins[piece]
                let y = function.rows[piece].reversed().reduce(Int64(0)) { $0 &* v &+ $1 }
                return UInt64(bitPattern: y) & mask
            })
    }

    private func results(_ gate: SplineGate, inputs: [Int64], masks: [UInt64], seed: UInt64) throws -> [[UInt64]] {
        let mask: UInt64 = .max >> UInt64(64 - gate.width)
        let batch = try ComparisonKeyBatch(
            gate.keyFormat, alphas: masks.map { $0 >> UInt64(gate.droppedBits) },
            payloads: gate.keyFormat.powers(of: masks), seed: seed)
        let opened = zip(inputs, masks).map { (UInt64(bitPattern: $0) &- $1) & mask }
        let shares = try ByParty { try gate.evaluate(opened, batch.keys($0)) }
        let ring: UInt64 = gate.ring == 64 ? .max : (1 << UInt64(gate.ring)) - 1
        return zip(shares.server, shares.client).map { zip($0, $1).map { ($0 &+ $1) & ring } }
    }

    private func check(_ gate: SplineGate, inputs: [Int64], masks: [UInt64], seed: UInt64) throws {
        let results = try results(gate, inputs: inputs, masks: masks, seed: seed)
        for (function, values) in zip(gate.functions, results) {
            for (x, value) in zip(inputs, values) where !allowed(gate, function, x).contains(value) {
                Issue.record("\(gate): at \(x) got \(value)")
                return
            }
        }
    }

    /// Every input under every mask, on small rings.
    @Test(arguments: [3, 5, 6, 7], [0, 1, 2])
    func everyInputUnderEveryMask(width: Int, droppedBits: Int) throws {
        let half = Int64(1) << Int64(width - 1)
        let cell = Int64(1) << Int64(droppedBits)
        let margin = droppedBits > 0 ? cell : 0
        let inputs = (-half + margin)..<(half - margin)
        let last = half / cell - 1
        for knots: [Int64] in [[], [0], [-last, last], [-1, 0, 1], [-last, -1, 1, 2]] {
            let ascending = Array(Set(knots.filter { abs($0) <= last })).sorted()
            for degree in 1...3 {
                for ring in [width, 13, 64] {
                    func function(_ salt: Int) -> SplineFunction {
                        SplineFunction(
                            origins: (0...ascending.count).map { Int64($0 * 3 - salt) },
                            rows: (0...ascending.count).map { piece in
                                (0...degree).map { Int64((piece + 1) * (7 * $0 + salt) - 20) }
                            })
                    }
                    let gate = SplineGate(
                        width: width, droppedBits: droppedBits, ring: ring, knots: ascending,
                        functions: [function(5), function(11)])
                    let pairs = inputs.flatMap { x in (0..<UInt64(2 * half)).map { (x, $0) } }
                    try check(gate, inputs: pairs.map(\.0), masks: pairs.map(\.1), seed: UInt64(width))
                }
            }
        }
    }

    @Test(arguments: [(16, 0, 16), (25, 8, 32), (25, 8, 56), (24, 6, 46), (40, 12, 64), (63, 0, 64), (64, 0, 64)])
    func randomInputsAndEnds(width: Int, droppedBits: Int, ring: Int) throws {
        var seeds = InsecureSeededSource(UInt64(width))
        let generator = try PseudorandomGenerator(seed: seeds.nextSeed(), domain: 0)
        let last = Int64.max >> Int64(64 - width)
        let margin: Int64 = droppedBits > 0 ? 1 << Int64(droppedBits) : 0
        // The largest input, and as far below zero.
        let limit = last - margin
        let cells = limit >> Int64(droppedBits)
        let knots: [Int64] = [-cells / 2, -3, -1, 0, 1, 5, cells / 3]
        let pieces = (0...knots.count).map { Int64($0) }
        let rows = pieces.map { piece -> [Int64] in [piece * 1001 - 3, (5 - piece) << 9, piece * 77 - 100] }
        let gate = SplineGate(
            width: width, droppedBits: droppedBits, ring: ring, knots: knots,
            functions: [SplineFunction(origins: pieces.map { $0 << 3 }, rows: rows)])
        let ends: [Int64] = [-limit, -limit + 1, limit, limit - 1, 0, 1, -1, margin, -margin]
        let near: [Int64] = [-2, -1, 0, 1, 2]
        let around: [Int64] = knots.flatMap { knot -> [Int64] in near.map { knot << Int64(droppedBits) &+ $0 } }
            .filter { (-limit...limit).contains($0) }
        let random: [Int64] = try generator.elements(count: 1500, width: width).map { word -> Int64 in
            let x = Int64(bitPattern: word << UInt64(64 - width)) >> Int64(64 - width)
            return min(max(x, -limit), limit)
        }
        let inputs = ends + around + random
        let masks = try generator.elements(count: inputs.count, width: width)
        try check(gate, inputs: inputs, masks: masks, seed: 17)
        let top = UInt64(last)
        for mask in [0, 1, 2 * top + 1, top, top + 1] {
            try check(gate, inputs: inputs, masks: [UInt64](repeating: mask, count: inputs.count), seed: 18)
        }
    }

    /// ReLU is a spline of degree 1 in the ring of its input.
    @Test func rectifier() throws {
        let gate = SplineGate(
            width: 16, ring: 16, knots: [0], functions: [SplineFunction(rows: [[0, 0], [0, 1]])])
        let inputs = stride(from: Int64(-32768), to: 32768, by: 7).map { $0 }
        let masks = inputs.map { UInt64(bitPattern: $0 &* 40503) & 0xFFFF }
        let results = try results(gate, inputs: inputs, masks: masks, seed: 19)
        #expect(results[0] == inputs.map { UInt64(max($0, 0)) })
        #expect(gate.keyFormat.keyBits == 13 * 129 + 20 * 32 + 16)
    }

    /// Every input under every mask, times factors under masks of their own.
    @Test(arguments: [3, 5, 6], [9, 32, 40, 64])
    func productsWithAFactor(width: Int, ring: Int) throws {
        let half = Int64(1) << Int64(width - 1)
        let modulus: UInt64 = ring == 64 ? .max : (1 << UInt64(ring)) - 1
        for knots: [Int64] in [[], [0], [1 - half, half - 1], [-1, 0, 1]] {
            for degree in 1...3 {
                func function(_ salt: Int) -> SplineFunction {
                    SplineFunction(
                        rows: (0...knots.count).map { piece in
                            (0...degree).map { Int64((piece + 1) * (7 * $0 + salt) - 20) }
                        })
                }
                let gate = SplineGate(
                    width: width, ring: ring, knots: knots, functions: [function(5), function(11)], isMultiplied: true)
                let inputs = (-half..<half).flatMap { x in (0..<UInt64(2 * half)).map { _ in x } }
                let masks = (-half..<half).flatMap { _ in 0..<UInt64(2 * half) }
                let factors = inputs.indices.map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 & modulus }
                let factorMasks = inputs.indices.map { UInt64($0) &* 0xC2B2_AE3D_27D4_EB4F & modulus }
                let batch = try ComparisonKeyBatch(
                    gate.keyFormat, alphas: masks,
                    payloads: gate.keyFormat.multipliedPowers(of: masks, by: factorMasks), seed: UInt64(width))
                let low = UInt64(2 * half - 1)
                let opened = zip(inputs, masks).map { (UInt64(bitPattern: $0) &- $1) & low }
                let openedFactors = zip(factors, factorMasks).map { ($0 &- $1) & modulus }
                let shares = try ByParty { try gate.evaluate(opened, times: openedFactors, batch.keys($0)) }
                for (number, function) in gate.functions.enumerated() {
                    let sums = zip(shares.server[number], shares.client[number]).map { ($0 &+ $1) & modulus }
                    let expected = inputs.indices.map { index in
                        let row = function.rows[knots.count { $0 <= inputs[index] }]
                        let value = row.reversed().reduce(Int64(0)) { $0 &* inputs[index] &+ $1 }
                        return UInt64(bitPattern: value) &* factors[index] & modulus
                    }
                    #expect(sums == expected)
                }
            }
        }
    }
}

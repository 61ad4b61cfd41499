import SottoAlgebra
import SottoFunctionSecretSharing
import SottoRandomness
import Testing

@Suite struct ThresholdGateTests {
    private func check(_ gate: ThresholdGate, inputs: [Int64], masks: [UInt64], seed: UInt64) throws {
        let mask: UInt64 = .max >> UInt64(64 - gate.width)
        let batch = try ComparisonKeyBatch(
            gate.keyFormat, alphas: masks, payloads: masks.map { _ in 1 }, seed: seed)
        let opened = zip(inputs, masks).map { (UInt64(bitPattern: $0) &- $1) & mask }
        let shares = try ByParty { try gate.evaluate(opened, batch.keys($0)) }
        for (place, threshold) in gate.thresholds.enumerated() {
            let bits = shares.server[place] ^ shares.client[place]
            let wrong = inputs.indices.first { bits[$0] != (inputs[$0] >= threshold) }
            #expect(wrong == nil, "threshold \(threshold), input \(wrong.map { inputs[$0] } ?? 0)")
        }
    }

    /// Every input under every mask at every threshold.
    @Test(arguments: 2...8) func everyInputUnderEveryMask(width: Int) throws {
        let half = Int64(1) << Int64(width - 1)
        let pairs = (-half..<half).flatMap { x in (0..<UInt64(2 * half)).map { (x, $0) } }
        let gate = ThresholdGate(width: width, thresholds: Array((1 - half)..<half))
        try check(gate, inputs: pairs.map(\.0), masks: pairs.map(\.1), seed: UInt64(width))
    }

    @Test(arguments: [21, 46, 63, 64]) func randomInputsAndEnds(width: Int) throws {
        var seeds = InsecureSeededSource(UInt64(width))
        let generator = try PseudorandomGenerator(seed: seeds.nextSeed(), domain: 0)
        let last = Int64.max >> Int64(64 - width)
        let thresholds: [Int64] = [-last, -5, 0, 1, last / 3, last]
        let near = thresholds.flatMap { t in [t - 1, t, min(t, last - 1) + 1] } + [-last - 1, last]
        let random = try generator.elements(count: 1000, width: width).map { word in
            Int64(bitPattern: word << UInt64(64 - width)) >> Int64(64 - width)
        }
        let inputs = near + random
        let masks = try generator.elements(count: inputs.count, width: width)
        try check(ThresholdGate(width: width, thresholds: thresholds), inputs: inputs, masks: masks, seed: 3)
    }

    /// A key is as long whatever the number of thresholds.
    @Test func oneKeyServesAllThresholds() {
        let gates = [[0], Array(-50..<50)].map { ThresholdGate(width: 16, thresholds: $0) }
        #expect(gates[0].keyFormat == gates[1].keyFormat)
        #expect(gates[0].keyFormat.keyBits == 9 * 130 + 127)
    }
}

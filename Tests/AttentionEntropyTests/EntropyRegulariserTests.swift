import AttentionEntropy
import Testing

struct EntropyRegulariserTests {
    @Test func entropiesWithinTheMarginAreFree() {
        let penalty = EntropyRegulariser(coefficient: 1, tolerance: 0.2).penalty(
            entropies: [[2.0, 2.9, 1.1]], thresholds: [[0.5, 0.5, 0.5]], maximum: 4)
        // Only deviations beyond 0.8 count: 0.9 and -0.9.
        #expect(abs(penalty.value - 2 * 0.81 / 3) < 1e-12)
        #expect(penalty.entropyGradients[0][0] == 0)
        #expect(abs(penalty.entropyGradients[0][1] - 0.6) < 1e-12)
        #expect(abs(penalty.thresholdGradients[0][2] - 2.4) < 1e-12)
    }
}

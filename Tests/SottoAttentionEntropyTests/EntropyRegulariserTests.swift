import Foundation
import SottoAttentionEntropy
import TestSupport
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

    /// Both sides of the margin, and its ends, which are free.
    @Test func bothSides() {
        let regulariser = EntropyRegulariser(coefficient: 1, tolerance: 0.25)
        func penalty(_ entropy: Double) -> EntropyRegulariser.Penalty {
            regulariser.penalty(entropies: [[entropy]], thresholds: [[0.5]], maximum: 4)
        }
        for free in [1.0, 1.5, 2, 3] {
            #expect(penalty(free).value == 0 && penalty(free).entropyGradients == [[0]])
            #expect(penalty(free).thresholdGradients == [[0]])
        }
        #expect(penalty(3.5).value == 2.25 && penalty(3.5).entropyGradients == [[3]])
        #expect(penalty(3.5).thresholdGradients == [[-12]])
        #expect(penalty(0.5).value == 2.25 && penalty(0.5).entropyGradients == [[-3]])
        #expect(penalty(0.5).thresholdGradients == [[12]])
    }

    /// Without a margin every deviation counts.
    @Test func noMargin() {
        let regulariser = EntropyRegulariser(coefficient: 1, tolerance: 0)
        let penalty = regulariser.penalty(
            entropies: [[1, 2], [2.5, 0]], thresholds: [[0.5, 0.5], [0.5, 0.5]], maximum: 4)
        #expect(abs(penalty.value - (1.0 / 4 + 0 + 0.25 / 4 + 4.0 / 4)) < 1e-12)
        #expect(penalty.entropyGradients == [[-0.5, 0], [0.25, -1]])
    }

    /// Layers count alike, whatever their number of heads.
    @Test func layersOfDifferentWidth() {
        let regulariser = EntropyRegulariser(coefficient: 1, tolerance: 0)
        let penalty = regulariser.penalty(
            entropies: [[3], [1, 1, 1, 1]], thresholds: [[0], [0, 0, 0, 0]], maximum: 5)
        #expect(abs(penalty.value - (9.0 + 1) / 2) < 1e-12)
        #expect(penalty.entropyGradients == [[3], [0.25, 0.25, 0.25, 0.25]])
        let none = regulariser.penalty(entropies: [], thresholds: [], maximum: 5)
        #expect(none.value == 0 && none.entropyGradients.isEmpty)
    }

    @Test(arguments: [0, 0.1, 0.2, 0.3], [2, 64, 512])
    func gradientsEqualFiniteDifferences(tolerance: Double, context: Int) {
        let step = 1e-5
        let maximum = log(Double(context))
        var generator = SeededGenerator(UInt64(context) &+ UInt64(tolerance * 10))
        let regulariser = EntropyRegulariser(coefficient: 1, tolerance: tolerance)
        var (entropies, thresholds): ([[Double]], [[Double]]) = ([], [])
        var free = 0
        for heads in [3, 1, 5] {
            entropies.append([])
            thresholds.append([])
            while entropies[entropies.count - 1].count < heads {
                let entropy = Double.random(in: 0...maximum, using: &generator)
                let threshold = Double.random(in: 0...1, using: &generator)
                let distance = abs(entropy - threshold * maximum) - tolerance * maximum
                // The penalty jumps at the margin's ends: no difference is taken across them.
                guard abs(distance) > 10 * step * maximum else { continue }
                free += distance < 0 ? 1 : 0
                entropies[entropies.count - 1].append(entropy)
                thresholds[thresholds.count - 1].append(threshold)
            }
        }
        #expect(free < 9)
        let penalty = regulariser.penalty(entropies: entropies, thresholds: thresholds, maximum: maximum)
        func slope(_ change: (Double) -> EntropyRegulariser.Penalty) -> Double {
            (change(step).value - change(-step).value) / (2 * step)
        }
        for layer in entropies.indices {
            for head in entropies[layer].indices {
                let byEntropy = slope { step in
                    var moved = entropies
                    moved[layer][head] += step
                    return regulariser.penalty(entropies: moved, thresholds: thresholds, maximum: maximum)
                }
                #expect(abs(byEntropy - penalty.entropyGradients[layer][head]) < 1e-8)
                let byThreshold = slope { step in
                    var moved = thresholds
                    moved[layer][head] += step
                    return regulariser.penalty(entropies: entropies, thresholds: moved, maximum: maximum)
                }
                #expect(abs(byThreshold - penalty.thresholdGradients[layer][head]) < 1e-8)
            }
        }
    }

    private struct Reference: Decodable {
        let maximum: Double
        let gamma: Double
        let value: Double
        let entropies: [[Double]]
        let thresholds: [[Double]]
        let entropyGradients: [[Double]]
        let thresholdGradients: [[Double]]
    }

    @Test func equalsPyTorch() throws {
        let references = try StoredData.decode([Reference].self, "regulariser.json")
        #expect(references.count == 6 && references.contains { $0.value > 1 } && references.contains { $0.value == 0 })
        for reference in references {
            let penalty = EntropyRegulariser(coefficient: 1, tolerance: reference.gamma).penalty(
                entropies: reference.entropies, thresholds: reference.thresholds, maximum: reference.maximum)
            #expect(abs(penalty.value - reference.value) < 1e-12)
            for (found, expected) in [
                (penalty.entropyGradients, reference.entropyGradients),
                (penalty.thresholdGradients, reference.thresholdGradients),
            ] {
                #expect(found.map(\.count) == expected.map(\.count))
                #expect(zip(found.joined(), expected.joined()).allSatisfy { abs($0 - $1) < 1e-12 })
            }
        }
    }

    @Test func constantsAreChecked() throws {
        for number in [-1e-9, Double.nan, .infinity] {
            #expect(throws: EntropyError.invalidRegulariser("coefficient")) {
                try EntropyRegulariser(coefficient: number).validate()
            }
            #expect(throws: EntropyError.invalidRegulariser("tolerance")) {
                try EntropyRegulariser(coefficient: 1, tolerance: number).validate()
            }
        }
        try EntropyRegulariser(coefficient: 0, tolerance: 0).validate()
        #expect(EntropyRegulariser() == EntropyRegulariser(coefficient: 1e-5, tolerance: 0.2))
        let data = try JSONEncoder().encode(EntropyRegulariser(coefficient: 5e-5, tolerance: 0.1))
        #expect(
            try JSONDecoder().decode(EntropyRegulariser.self, from: data)
                == EntropyRegulariser(coefficient: 5e-5, tolerance: 0.1))
        for (text, name) in [
            (#"{"coefficient": -1, "tolerance": 0.2}"#, "coefficient"),
            (#"{"coefficient": 1, "tolerance": -0.2}"#, "tolerance"),
        ] {
            #expect(throws: EntropyError.invalidRegulariser(name)) {
                try JSONDecoder().decode(EntropyRegulariser.self, from: Data(text.utf8))
            }
        }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(EntropyRegulariser.self, from: Data(#"{"coefficient": 1}"#.utf8))
        }
    }
}

import Foundation
import SottoAttentionEntropy
import SottoModel
import SottoTraining
import TestSupport
import Testing

struct TrainerTests {
    @Test(arguments: Architecture.Notation.all)
    func lossAndEntropiesAreTheReferences(_ notation: Architecture.Notation) throws {
        let small = try SmallTraining(notation)
        let report = try small.trainer.gradients(windows: small.windows).report
        let model = ReferenceModel(try small.trainer.weights())
        let architecture = small.trainer.architecture
        var loss = 0.0
        var entropies = architecture.layers.map { _ in [Double](repeating: 0, count: architecture.heads) }
        for window in small.windows.map({ $0.map(Int.init) }) {
            let logits = try model.logits(tokens: Array(window.dropLast())) { path, values in
                guard path.hasSuffix("/softmax"), let layer = Int(path.split(separator: "/")[0].dropFirst(6)) else {
                    return
                }
                let triangle = values.count / architecture.heads
                for (index, p) in values.enumerated() where p > 0 {
                    entropies[layer][index / triangle] -= Double(p) * log(Double(p)) / Double(9 * small.windows.count)
                }
            }
            for (position, target) in window.dropFirst().enumerated() {
                let row = logits[position * 17..<(position + 1) * 17].map(Double.init)
                loss += log(row.reduce(0) { $0 + exp($1) }) - row[target]
            }
        }
        #expect(abs(loss / Double(9 * small.windows.count) - report.loss) < 1e-5)
        for (expected, found) in zip(entropies.joined(), report.entropies.joined()) {
            #expect(abs(expected - found) < 1e-5)
        }
    }

    @Test func perplexityIsTheReferences() throws {
        let small = try SmallTraining(.init(.softmaxGELU)) { $0.threads = 2 }
        let tokens = small.windows.joined().map { $0 }
        for window in [9, 4, 2] {
            let found = try small.trainer.perplexity(of: tokens, window: window)
            let expected = try ReferenceModel(small.trainer.weights()).perplexity(
                of: tokens.map(Int.init), window: window)
            #expect(found.predictions == expected.predictions)
            #expect(abs(found.meanLoss - expected.meanLoss) < 1e-5)
        }
    }

    @Test(arguments: [1, 2, 3])
    func aRunIsRepeatableToTheBit(threads: Int) throws {
        func weights() throws -> [[Float]] {
            let small = try SmallTraining(.init(.softmaxTemperatureFused)) { settings in
                settings.threads = threads
                settings.regulariser = EntropyRegulariser(coefficient: 0.1, tolerance: 0.1)
                settings.normalization = WeightNormalization(.spectral, of: [.feedForward])
            }
            for _ in 0..<5 { _ = try small.trainer.update(windows: small.windows, learningRate: 1e-2) }
            return small.trainer.state.map(\.tensor.values)
        }
        #expect(try weights() == weights())
    }

    @Test func threadsDoNotChangeTheGradient() throws {
        let gradients = try [1, 3].map { threads in
            try SmallTraining(.init(.softmaxLayerNormReLU)) { settings in
                settings.threads = threads
                settings.regulariser = EntropyRegulariser(coefficient: 1, tolerance: 0)
            }
        }.map { try $0.trainer.gradients(windows: $0.windows).gradients }
        for (name, tensor) in gradients[0] {
            let other = try #require(gradients[1][name])
            let scale = tensor.values.map(abs).max() ?? 0
            for (left, right) in zip(tensor.values, other.values) { #expect(abs(left - right) <= 1e-5 * scale + 1e-7) }
        }
    }

    @Test(arguments: Architecture.Notation.all)
    func aBatchIsLearned(_ notation: Architecture.Notation) throws {
        let small = try SmallTraining(notation) { $0.regulariser = notation.isEntropyRegularised ? .init() : nil }
        let first = try small.trainer.update(windows: small.windows, learningRate: 1e-2).loss
        var last = first
        for _ in 0..<60 { last = try small.trainer.update(windows: small.windows, learningRate: 1e-2).loss }
        #expect(last < first / 2)
        #expect(small.trainer.step == 61)
    }

    @Test func aStateContinuesTheRun() throws {
        func small() throws -> SmallTraining {
            try SmallTraining(.init(.softmax)) { $0.normalization = .init(.spectral, of: [.query, .key]) }
        }
        let (unbroken, broken, fresh) = (try small(), try small(), try small())
        for _ in 0..<6 { _ = try unbroken.trainer.update(windows: unbroken.windows, learningRate: 1e-2) }
        for _ in 0..<3 { _ = try broken.trainer.update(windows: broken.windows, learningRate: 1e-2) }
        let state = Dictionary(uniqueKeysWithValues: broken.trainer.state.map { ($0.name, $0.tensor) })
        try fresh.trainer.restore(state, step: broken.trainer.step)
        for _ in 0..<3 { _ = try fresh.trainer.update(windows: broken.windows, learningRate: 1e-2) }
        #expect(fresh.trainer.state.map(\.tensor) == unbroken.trainer.state.map(\.tensor))
        #expect(throws: TrainingError.self) { try fresh.trainer.restore([:], step: 0) }
    }

    @Test func aLossThatIsNoNumberNamesTheCollapsedLayer() throws {
        let small = try SmallTraining(.init(.softmax))
        var state = Dictionary(uniqueKeysWithValues: small.trainer.state.map { ($0.name, $0.tensor) })
        let name = "parameter.h.1.attn.c_attn.weight"
        let tensor = try #require(state[name])
        // Huge queries and keys make attention pick one position.
        state[name] = WeightTensor(shape: tensor.shape, values: tensor.values.map { $0 * 1e3 })
        try small.trainer.restore(state, step: 0)
        let error = #expect(throws: TrainingError.self) {
            for _ in 0..<200 { _ = try small.trainer.update(windows: small.windows, learningRate: 1e18) }
        }
        guard case .nonFiniteLoss(let divergence) = error else {
            Issue.record("the loss should not be finite")
            return
        }
        #expect(divergence.layer == 1)
        #expect(divergence.collapsedAtStep == 1)
        #expect(divergence.step == small.trainer.step + 1)
    }

    @Test func weightsDoNotMoveWhenTheLossIsNoNumber() throws {
        let small = try SmallTraining(.init(.softmax))
        var state = Dictionary(uniqueKeysWithValues: small.trainer.state.map { ($0.name, $0.tensor) })
        let tensor = try #require(state["parameter.wte.weight"])
        state["parameter.wte.weight"] = WeightTensor(shape: tensor.shape, values: tensor.values.map { $0 * 1e30 })
        try small.trainer.restore(state, step: 0)
        let before = small.trainer.state.filter { $0.name.hasPrefix("parameter.") }.map(\.tensor)
        #expect(throws: TrainingError.self) {
            _ = try small.trainer.update(windows: small.windows, learningRate: 1)
        }
        #expect(small.trainer.state.filter { $0.name.hasPrefix("parameter.") }.map(\.tensor) == before)
        #expect(small.trainer.step == 0)
    }

    @Test func badBatchesAndSettingsAreRefused() throws {
        let small = try SmallTraining(.init(.softmax))
        let bad = [
            [], Array(small.windows.dropLast()), small.windows.map { Array($0.dropLast()) },
            small.windows.map { $0.map { $0 + 17 } }, small.windows.map { $0.map { -1 - $0 } },
        ]
        for windows in bad {
            #expect(throws: TrainingError.self) { _ = try small.trainer.update(windows: windows, learningRate: 1) }
        }
        #expect(throws: TrainingError.self) { _ = try small.trainer.perplexity(of: [1]) }
        #expect(throws: TrainingError.self) { _ = try small.trainer.perplexity(of: [1, 99]) }
        let changes: [(inout TrainingSettings) -> Void] = [
            { $0.steps = 0 }, { $0.batch = 0 }, { $0.threads = 0 }, { $0.learningRate = .nan }, { $0.beta2 = 1 },
            { $0.weightDecay = -1 }, { $0.temperatureStart = 0 }, { $0.finalLearningRate = 2 },
            { $0.regulariser = .init(coefficient: -1) }, { $0.matrixDeviation = .infinity }, { $0.warmupSteps = -1 },
        ]
        for change in changes {
            #expect(throws: TrainingError.self) { _ = try SmallTraining(.init(.softmax), change: change) }
        }
    }

    @Test func whatDoesNotFitIntoMemoryIsRefused() throws {
        let limits = Architecture.limits
        let architecture = try Architecture(
            notation: .init(.softmaxLayerNormGELU), layers: limits.layers, heads: limits.heads, width: limits.width,
            context: limits.context, vocabulary: 256)
        var settings = TrainingSettings()
        settings.batch = 1 << 16
        let error = #expect(throws: TrainingError.self) {
            _ = try Trainer(architecture: architecture, settings: settings, openBLAS: .load())
        }
        guard case .tooLarge = error else {
            Issue.record("\(String(describing: error)) is not about memory")
            return
        }
    }

    @Test func architecturesWithoutGradientsAreRefused() throws {
        let llama = try Architecture.preset(named: "tinyllama-1.1b")
        #expect(throws: TrainingError.unsupported(part: "rotary positions")) {
            _ = try Trainer(architecture: llama, settings: TrainingSettings(), openBLAS: .load())
        }
    }
}

import Foundation
import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

/// Private runs of LLaMA's parts, in all their combinations, beside the plaintext forward pass.
@Suite struct LLaMAForwardTests {
    @Test func allCasesAreThere() { #expect(LLaMACase.all.count == 13) }

    @Test(
        arguments: LLaMACase.all,
        [(1, .standard), (2, .standard), (13, .standard), (3, .field), (3, .fssWithDealer)]
            + Target.mixtures.map { (3, $0) })
    func everyCombinationCostsWhatItDeclares(_ test: LLaMACase, run: (positions: Int, target: Target)) throws {
        let (positions, target) = run
        let architecture = test.architecture
        let weights = try ModelWeights.random(architecture, seed: 3, standardDeviation: 0.3)
        let tokens = (0..<positions).map { $0 * 7 % 19 }
        let reference = try ReferenceModel(weights).logits(tokens: tokens)
        // What is dropped for the last position's output is dropped alike over every domain.
        for output in target == .standard ? [ForwardPass.Output.all, .last] : [.all] {
            let run = try PrivateForward(
                ForwardPass(architecture: architecture, new: positions, output: output), weights: weights,
                input: ClientInput(tokens: tokens, vocabulary: 19), target: target)
            let worst = zip(run.values, reference.suffix(run.values.count)).map { abs($0 - Double($1)) }.max() ?? 0
            #expect(worst < 0.02, "largest error \(worst)")
            #expect(run.values.count == (output == .all ? positions : 1) * 19)
            #expect(run.costIsExact)
            #expect(run.violations.isEmpty)
        }
    }

    @Test(arguments: [(4, 4), (4, 2), (4, 1), (1, 1)])
    func hiddenStatesGoThroughBlocksAlone(heads: Int, keyValueHeads: Int) throws {
        let architecture = try Architecture.smallLLaMA(heads: heads, keyValueHeads: keyValueHeads)
        let weights = try ModelWeights.random(architecture, seed: 8, standardDeviation: 0.4)
        var generator = SeededGenerator(1)
        let hidden = (0..<(7 * 16)).map { _ in Double.random(in: -2...2, using: &generator) }
        let run = try PrivateForward(
            ForwardPass(architecture: architecture, new: 7, output: .blocks), weights: weights,
            input: ClientInput(hidden: hidden))
        let expected = try ReferenceModel(weights).blocks(hidden.map(Float.init))
        let worst = zip(run.values, expected).map { abs($0 - Double($1)) }.max() ?? 1
        #expect(worst < 0.02, "largest error \(worst)")
        #expect(run.costIsExact)
        #expect(run.program.plan.weights.allSatisfy { $0.name.hasPrefix("layer.") && !$0.name.hasSuffix("/bias") })
    }

    /// Grouped heads open fewer keys and values, and the matrix for them is smaller; queries cost the same.
    @Test func sharedKeysAreNotCopied() throws {
        func cost(_ keyValueHeads: Int) throws -> (opened: Int, setup: Int) {
            let architecture = try Architecture.smallLLaMA(keyValueHeads: keyValueHeads)
            let program = try ForwardPass(architecture: architecture, new: 5, output: .blocks).program(
                target: .standard)
            let opening = try #require(program.instructions.first { $0.path == "layer.0/attention/scores/open-masked" })
            return (
                opening.rounds[0].server,
                program.plan.weights.filter { $0.name == "layer.0/attention/qkv" }.reduce(0) {
                    $0 + $1.shape.reduce(1, *)
                }
            )
        }
        for shared in [1, 2, 4] {
            let opened = try cost(shared)
            // Queries of 16 elements, keys and values of 4 for each head, in the ring of scores.
            let bytes = [16, 4 * shared, 4 * shared].reduce(0) { $0 + WireSize.bytes(count: 5 * $1, width: 47) }
            #expect(opened.opened == bytes)
            #expect(opened.setup == 16 * (16 + 8 * shared))
        }
    }

    /// The rotation and its truncation are local: rotary positions cost no byte and no round beyond learned ones.
    @Test func rotaryPositionsCostNothingOnline() throws {
        func attention(_ positions: Architecture.Positions) throws -> (bytes: ByParty<Int>, rounds: Int) {
            let architecture = try Architecture(
                layers: [.llama], heads: 4, keyValueHeads: 2, width: 16, feedForwardWidth: 11, context: 16,
                vocabulary: 19,
                finalNorm: .rmsNorm, positions: positions, hasBiases: false)
            let pass = try ForwardPass(architecture: architecture, new: 8, output: .blocks)
            let cost = CostInterpreter().run(try pass.program(target: .standard))
            return (cost.onlineBytes, cost.rounds)
        }
        let (learned, rotary) = (try attention(.learned), try attention(.rotary(theta: 10000)))
        #expect(learned.bytes == rotary.bytes && learned.rounds == rotary.rounds)
    }

    /// The products of a program are those that a comparison of architectures counts.
    @Test(arguments: LLaMACase.all) func flopsAreThoseOfTheProgram(_ test: LLaMACase) throws {
        let pass = try ForwardPass(architecture: test.architecture, new: 5, output: .last)
        let counts = ArchitectureCounts(pass)
        func flops(_ block: String, _ names: [String]) throws -> Int {
            try pass.program(target: .standard).instructions.filter { instruction in
                let parts = instruction.path.split(separator: "/")
                return parts.count == 4 && parts[1] == block && names.contains(String(parts[2]))
                    && parts[3].contains("multiply")
            }.reduce(0) { $0 + $1.primitive.flops }
        }
        #expect(try flops("ffn", ["input", "output", "fused"]) == counts.feedForwardFlops)
        #expect(try flops("attention", ["qkv", "scores", "context", "output"]) == counts.attentionFlops)
    }

    @Test func whatTravelsDependsOnNeitherInputNorWeights() throws {
        let architecture = try Architecture.smallLLaMA()
        let pass = try ForwardPass(architecture: architecture, new: 4, output: .all)
        let first = try PrivateForward(
            pass, weights: .random(architecture, seed: 1, standardDeviation: 0.4),
            input: ClientInput(tokens: [0, 0, 0, 0], vocabulary: 19))
        let second = try PrivateForward(
            pass, weights: .random(architecture, seed: 2, standardDeviation: 0.01),
            input: ClientInput(tokens: [18, 3, 5, 9], vocabulary: 19), seed: 9)
        #expect(first.trace.events == second.trace.events)
        #expect(first.trace.dealerBytes == second.trace.dealerBytes)
        #expect(try first.program.fingerprint() == second.program.fingerprint())
    }

    /// Programs that rotate by other angles are other programs, though nothing that they send differs.
    @Test func fingerprintsTellAnglesApart() throws {
        func fingerprint(theta: Double, past: Int) throws -> String {
            let architecture = try Architecture.smallLLaMA(theta: theta)
            return try ForwardPass(architecture: architecture, past: past, new: 3, output: .last).program(
                target: .standard
            )
            .fingerprint()
        }
        let all = [
            try fingerprint(theta: 10000, past: 0), try fingerprint(theta: 10001, past: 0),
            try fingerprint(theta: 10000, past: 1), try fingerprint(theta: 10000, past: 2),
        ]
        #expect(Set(all).count == all.count)
        #expect(try fingerprint(theta: 10000, past: 1) == all[2])
    }
}

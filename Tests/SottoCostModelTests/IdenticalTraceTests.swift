import SottoCostModel
import SottoPrivateTransformer
import SottoSecureComputation
import TestSupport
import Testing

/// What travels is a function of the architecture and the lengths alone.
@Suite struct IdenticalTraceTests {
    /// Nothing, everything, the ends of the range that weights may have, and bits that no weights have.
    private static let fills: [InputFill] = [
        .constant(-(1 << 28)), .constant(.max), .constant(.min), .small(seed: 2, bits: 28), .anything(seed: 3),
    ]

    /// In a field, which takes longer, those that have all norms, activations and feed-forward networks between them.
    static let cases =
        Small.notations.map { ($0, Target.standard) }
        + ["SM+LN+G", "SM+LN+R", "SM(t)+ScFuFFN"].flatMap { [($0, Target.field), ($0, .fssWithDealer)] }

    private func expectIdentical(_ program: Program) throws {
        let first = try ExactRun(program, fill: .zeros, seed: 1)
        #expect(first.mismatch == nil)
        #expect(first.frames.allSatisfy { $0.count > 10 })
        for (index, fill) in Self.fills.enumerated() {
            // Other inputs and weights, and every second time other masks too.
            let other = try ExactRun(program, fill: fill, seed: UInt64(1 + index % 2))
            #expect(other.outcome.trace.events == first.outcome.trace.events, "\(fill)")
            #expect(other.outcome.trace.dealerBytes == first.outcome.trace.dealerBytes, "\(fill)")
            #expect(other.outcome.setup.client.bytesSent == first.outcome.setup.client.bytesSent, "\(fill)")
            // In the very order of sending, setup included.
            #expect(other.frames == first.frames, "\(fill)")
            #expect(other.metered.firstDifference(from: first.metered) == nil, "\(fill)")
        }
    }

    @Test(arguments: cases)
    func otherInputsAndWeightsGiveTheSameTrace(notation: String, target: Target) throws {
        try expectIdentical(
            try ForwardPass(architecture: Small.architecture(notation), new: 4, output: .all).program(
                target: target))
    }

    @Test(arguments: [31, 32, 33, 34, 35] as [UInt64])
    func editedArchitecturesToo(seed: UInt64) throws {
        try expectIdentical(try EditedArchitectureCostTests.Edited(seed: seed).pass.program(target: .standard))
    }

    /// The same with weights and prompts as they come from models.
    @Test(arguments: cases)
    func otherModelsOfOneArchitectureGiveTheSameTrace(notation: String, target: Target) throws {
        let architecture = try Small.architecture(notation)
        let program = try ForwardPass(architecture: architecture, new: 4, output: .all).program(
            target: target)
        let models: [(UInt64, Float, [Int])] = [
            (1, 0.3, [0, 0, 0, 0]), (2, 0, [30, 30, 30, 30]), (3, 9, [1, 7, 2, 30]),
        ]
        let runs = try models.map { seed, deviation, tokens in
            try ExactRun(
                program,
                server: PreparedWeights(.random(architecture, seed: seed, standardDeviation: deviation)),
                client: ClientInput(tokens: tokens, vocabulary: architecture.vocabulary), seed: seed)
        }
        for run in runs {
            #expect(run.mismatch == nil)
            #expect(run.frames == runs[0].frames)
            #expect(run.outcome.trace.events == runs[0].outcome.trace.events)
            #expect(run.outcome.trace.dealerBytes == runs[0].outcome.trace.dealerBytes)
        }
        // Those runs were of different models.
        #expect(Set(runs.map { $0.outcome.client.opened[ForwardPass.logits] }).count == runs.count)
    }
}

import SottoAlgebra
import SottoApproximation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

/// A forward pass in tiles is the same computation: every byte and every round of every operation, and the same logits.
@Suite struct TiledForwardTests {
    private static func architecture(_ notation: String, heads: Int = 2) throws -> Architecture {
        try Architecture(
            notation: .init(notation), layers: 2, heads: heads, width: 8, feedForwardWidth: 24, context: 80,
            vocabulary: 40)
    }

    /// Small enough that every kind of operation of these models is cut: queries into tiles of 16 rows.
    private static let small = Tiling(elements: 64, linearElements: 700, windowBytes: 40_000)

    private func report(_ program: Program) -> CostReport {
        var session = SessionCost()
        session.recordSetup(of: program)
        session.record(program)
        return session.report(
            CostReport.Configuration(
                model: "m", architecture: "a", target: program.target, context: 1, positions: "", insecure: false))
    }

    @Test(
        arguments: ["SM+LN+G", "SM+LN+R", "SM+ScFuFFN"],
        [(0, 33), (0, 48), (0, 64), (0, 70), (16, 33), (7, 40), (79, 1)])
    func everyByteAndRoundOfEveryOperationStays(notation: String, lengths: (Int, Int)) throws {
        let architecture = try Self.architecture(notation)
        for output in ForwardPass.Output.allCases {
            let pass = try ForwardPass(architecture: architecture, past: lengths.0, new: lengths.1, output: output)
            let whole = report(try pass.program(target: .standard, tiling: .none))
            let tiled = report(try pass.program(target: .standard, tiling: Self.small))
            #expect(whole.totals == tiled.totals)
            // What is there besides takes tiles apart and puts them together.
            let known = Dictionary(grouping: tiled.operations) { "\($0.phase) \($0.path)" }
            for operation in whole.operations {
                let same = known["\(operation.phase) \(operation.path)"]?.first
                #expect(same?.bytesSent == operation.bytesSent, "\(operation.path)")
                #expect(same?.dealerBytes == operation.dealerBytes, "\(operation.path)")
                #expect(same?.rounds == operation.rounds, "\(operation.path)")
                #expect(same?.flops == operation.flops, "\(operation.path)")
            }
        }
    }

    @Test(arguments: [Target.standard, .field, .fssWithDealer]) func logitsAreThoseOfTheReference(target: Target) throws
    {
        for llama in [false, true] {
            let architecture =
                llama ? try Architecture.smallLLaMA() : try Self.architecture("SM+LN+G")
            let weights = try ModelWeights.random(architecture, seed: 3, standardDeviation: 0.2)
            let length = min(35, architecture.context)
            let tokens = (0..<length).map { $0 * 7 % architecture.vocabulary }
            let pass = try ForwardPass(architecture: architecture, new: length, output: .all)
            let program = try pass.program(target: target, tiling: Self.small)
            let prepared = PreparedWeights(weights)
            try prepared.prepare(for: program)
            let outcome = try program.simulated(
                server: prepared, client: ClientInput(tokens: tokens, vocabulary: architecture.vocabulary),
                seeds: InsecureSeededSource(5))
            let declared = CostInterpreter().run(program)
            #expect(outcome.trace.events == declared.trace.events)
            let raw = try #require(outcome.client.opened[ForwardPass.logits])
            let scale = try #require(program.outputScales[ForwardPass.logits])
            let found = FixedPoint(fractionBits: scale).decode(raw)
            let expected = try ReferenceModel(weights).logits(tokens: tokens)
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { abs($0 - Double($1)) < 0.02 })
        }
    }

    /// No message of a large pass is near the limit of a frame, and what a party holds for a tile is near the window.
    @Test func aLargePassHasSmallMessages() throws {
        for (preset, length) in [("gpt2", 1024), ("gpt2-large", 1024), ("llama-7b", 512)] {
            let architecture = try Architecture.preset(named: preset).firstLayers(1)
            let program = try ForwardPass(architecture: architecture, new: length, output: .blocks).program(
                target: .standard)
            let messages = program.instructions.flatMap { $0.rounds.map(\.largest) }
            let corrections = program.plan.correlations.map(\.products.bytes)
            #expect((messages + corrections).max()! < 64 << 20, "\(preset)")
        }
    }
}

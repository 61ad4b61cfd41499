import Foundation
import SottoAlgebra
import SottoModel
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

/// A private run of a forward pass in this process.
struct PrivateForward {
    let program: Program
    let values: [Double]
    let trace: Trace
    let server: PartyResult
    let client: PartyResult
    let violations: [RangeViolation]

    init(
        _ pass: ForwardPass, weights: ModelWeights, input: any TensorSource, seed: UInt64 = 1,
        target: Target = .standard
    ) throws {
        program = try pass.program(target: target)
        let prepared = PreparedWeights(weights)
        let outcome = try program.simulated(
            server: TensorSources([prepared, input]), client: input, seeds: InsecureSeededSource(seed))
        let plaintext = try PlaintextInterpreter().run(program, tensors: TensorSources([prepared, input]))
        violations = plaintext.violations
        trace = outcome.trace
        server = outcome.server
        client = outcome.client
        let scale = try #require(program.outputScales[pass.outputName])
        values = FixedPoint(fractionBits: scale).decode(try #require(outcome.client.opened[pass.outputName]))
    }

    /// Whether every message, byte, round and byte from the dealer was declared, and nothing else was sent.
    var costIsExact: Bool {
        let declared = CostInterpreter().run(program)
        return declared.trace.events == trace.events
            && CostInterpreter().replay(program, trace: trace).instructions == declared.instructions
    }
}

@Suite struct SecureForwardTests {
    /// Variants of files that the same network comes from are run over one domain.
    static let cases =
        ReferenceData.all.map { ($0, Target.standard) }
        + (ReferenceData.notation + ReferenceData.llama).flatMap { [($0, Target.field), ($0, .fssWithDealer)] }

    @Test(arguments: cases)
    func logitsMatchThoseOfPyTorch(_ data: ReferenceData, target: Target) throws {
        let weights = try HuggingFaceModel(directory: data.directory).weights()
        let tokens = try data.tokens()
        let architecture = weights.architecture
        let run = try PrivateForward(
            ForwardPass(architecture: architecture, new: tokens.count, output: .all), weights: weights,
            input: ClientInput(tokens: tokens, vocabulary: architecture.vocabulary), target: target)
        let expected = try data.logits().values
        #expect(run.values.count == expected.count)
        let worst = zip(run.values, expected).map { abs($0 - Double($1)) }.max() ?? 0
        #expect(worst < 0.02, "largest error \(worst)")
        #expect(run.violations.isEmpty)
        #expect(run.costIsExact)
    }

    @Test(arguments: Architecture.Notation.all, [1, 2, 13])
    func everyArchitectureCostsWhatItDeclares(_ notation: Architecture.Notation, positions: Int) throws {
        try check(notation, positions, .standard)
    }

    @Test(arguments: Architecture.Notation.all, [Target.field, .oddField, .fssWithDealer])
    func everyArchitectureCostsWhatItDeclaresInAField(
        _ notation: Architecture.Notation, target: Target
    ) throws { try check(notation, 5, target) }

    /// Values go from one suite to the other between any two operations.
    @Test(arguments: Architecture.Notation.all, Target.mixtures)
    func everyArchitectureCostsWhatItDeclaresInMixtures(
        _ notation: Architecture.Notation, target: Target
    ) throws { try check(notation, 5, target) }

    private func check(_ notation: Architecture.Notation, _ positions: Int, _ target: Target) throws {
        let architecture = try Architecture(
            layers: [.init(), .init()], heads: 3, width: 15, feedForwardWidth: 21, context: 16, vocabulary: 19
        ).withNotation(notation)
        let weights = try ModelWeights.random(architecture, seed: 3, standardDeviation: 0.2)
        let tokens = (0..<positions).map { $0 * 7 % 19 }
        let reference = try ReferenceModel(weights).logits(tokens: tokens)
        // What is dropped for the last position's output is dropped alike over every domain.
        for output in target == .standard ? [ForwardPass.Output.all, .last] : [.all] {
            let run = try PrivateForward(
                ForwardPass(architecture: architecture, new: positions, output: output), weights: weights,
                input: ClientInput(tokens: tokens, vocabulary: 19), target: target)
            #expect(run.violations.isEmpty)
            let worst = zip(run.values, reference.suffix(run.values.count)).map { abs($0 - Double($1)) }.max() ?? 0
            #expect(worst < 0.02)
            #expect(run.values.count == (output == .all ? positions : 1) * 19)
            #expect(run.costIsExact)
        }
    }

    @Test func hiddenStatesGoThroughBlocksAlone() throws {
        let architecture = try Architecture(
            layers: [.init(activation: .gelu)], heads: 2, width: 8, feedForwardWidth: 12, context: 9, vocabulary: 9)
        let weights = try ModelWeights.random(architecture, seed: 8, standardDeviation: 0.3)
        var generator = SeededGenerator(1)
        let hidden = (0..<(5 * 8)).map { _ in Double.random(in: -2...2, using: &generator) }
        let run = try PrivateForward(
            ForwardPass(architecture: architecture, new: 5, output: .blocks), weights: weights,
            input: ClientInput(hidden: hidden))
        #expect(run.values.count == 40)
        #expect(run.costIsExact)
        #expect(run.program.plan.weights.allSatisfy { $0.name.hasPrefix("layer.0/") })
    }

    @Test func lastPositionEqualsTheLastOfAll() throws {
        let architecture = try Architecture(
            layers: [.init(), .init()], heads: 2, width: 8, feedForwardWidth: 12, context: 9, vocabulary: 11)
        let weights = try ModelWeights.random(architecture, seed: 4, standardDeviation: 0.4)
        let input = try ClientInput(tokens: [1, 10, 3, 3, 7], vocabulary: 11)
        func run(_ output: ForwardPass.Output) throws -> PrivateForward {
            try PrivateForward(
                ForwardPass(architecture: architecture, new: 5, output: output), weights: weights, input: input)
        }
        let (last, all) = (try run(.last), try run(.all))
        for (a, b) in zip(last.values, all.values.suffix(11)) { #expect(abs(a - b) < 0.005) }
        func bytes(_ run: PrivateForward) -> Int { CostInterpreter().run(run.program).onlineBytes.total }
        #expect(bytes(last) < bytes(all))
    }

    @Test(arguments: Target.both)
    func whatTravelsDependsOnNeitherInputNorWeights(target: Target) throws {
        let architecture = try Architecture(
            layers: [.init(activation: .relu, temperature: true)], heads: 2, width: 8, feedForwardWidth: 12, context: 9,
            vocabulary: 11)
        let pass = try ForwardPass(architecture: architecture, new: 4, output: .all)
        let first = try PrivateForward(
            pass, weights: .random(architecture, seed: 1, standardDeviation: 0.4),
            input: ClientInput(tokens: [0, 0, 0, 0], vocabulary: 11), target: target)
        let second = try PrivateForward(
            pass, weights: .random(architecture, seed: 2, standardDeviation: 0.01),
            input: ClientInput(tokens: [10, 3, 5, 9], vocabulary: 11), seed: 9, target: target)
        #expect(first.trace.events == second.trace.events)
        #expect(first.trace.dealerBytes == second.trace.dealerBytes)
        #expect(try first.program.fingerprint() == second.program.fingerprint())
    }

    @Test func lengthsBeyondTheContextAreRefused() throws {
        let architecture = try Architecture(
            layers: [.init()], heads: 2, width: 8, feedForwardWidth: 12, context: 9, vocabulary: 11)
        for (past, new) in [(0, 10), (0, 0), (-1, 3), (5, 5)] {
            #expect(throws: ArchitectureError.self) {
                try ForwardPass(architecture: architecture, past: past, new: new, output: .last)
            }
        }
    }
}

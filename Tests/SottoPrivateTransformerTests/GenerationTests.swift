import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct GenerationTests {
    private static let twoParty = try! Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)

    /// Both ways to tell positions, and several layers, of which the last has fewer queries than keys where one position is opened.
    private static func architecture(llama: Bool) throws -> Architecture {
        guard llama else {
            return try Architecture(
                layers: [.init(temperature: true), .init()], heads: 2, width: 8, feedForwardWidth: 12, context: 9,
                vocabulary: 11)
        }
        return try Architecture(
            layers: [.llama, .llama], heads: 4, keyValueHeads: 2, width: 16, feedForwardWidth: 11, context: 16,
            vocabulary: 19, tiedHead: false, finalNorm: .rmsNorm, positions: .rotary(theta: 30), hasBiases: false)
    }

    /// Passes of a generation, one after the other in one session.
    private struct Generation {
        let weights: ModelWeights
        let target: Target
        let memory = SimulatedMemory()
        let kept = KeptValues()

        /// The logits of a pass that takes some of the tokens.
        func logits(_ tokens: [Int], _ range: Range<Int>, _ output: ForwardPass.Output, seed: UInt64 = 3) throws
            -> [Double]
        {
            let architecture = weights.architecture
            let pass = try ForwardPass(
                architecture: architecture, past: range.lowerBound, new: range.count, output: output, keeps: true)
            let program = try pass.program(target: target)
            let (server, client) = (
                PreparedWeights(weights),
                try ClientInput(tokens: Array(tokens[range]), vocabulary: architecture.vocabulary)
            )
            let outcome = try program.simulated(
                server: server, client: client, seeds: InsecureSeededSource(seed), memory: memory)
            #expect(CostInterpreter().run(program).trace.events == outcome.trace.events)
            let plain = try PlaintextInterpreter().run(program, tensors: TensorSources([server, client]), kept: kept)
            #expect(plain.violations.isEmpty)
            let scale = try #require(program.outputScales[ForwardPass.logits])
            let values = FixedPoint(fractionBits: scale).decode(try #require(outcome.client.opened[ForwardPass.logits]))
            let reference = FixedPoint(fractionBits: scale).decode(try #require(plain.opened[ForwardPass.logits]))
            #expect(zip(values, reference).allSatisfy { abs($0 - $1) < 0.02 })
            return values
        }
    }

    /// However the tokens are cut into passes, the logits are those of all at once.
    @Test(
        arguments: [Target.standard, .fssWithDealer, .field, twoParty],
        [[5], [3, 2], [1, 4], [4, 1], [2, 1, 1, 1]])
    func passesThatGoOnGiveTheSameLogits(target: Target, lengths: [Int]) throws {
        // What two parties make takes its time.
        guard target != Self.twoParty || lengths == [3, 2] else { return }
        for llama in [false, true] {
            let architecture = try Self.architecture(llama: llama)
            let weights = try ModelWeights.random(architecture, seed: 4, standardDeviation: 0.5)
            let tokens = [1, 10, 3, 3, 7]
            let expected = try ReferenceModel(weights).logits(tokens: tokens)
            for output in [ForwardPass.Output.all, .last] {
                let generation = Generation(weights: weights, target: target)
                var start = 0
                for length in lengths {
                    let range = start..<start + length
                    let logits = try generation.logits(tokens, range, output)
                    let rows = output == .all ? range : range.upperBound - 1..<range.upperBound
                    let wanted = expected[
                        rows.lowerBound * architecture.vocabulary..<rows.upperBound * architecture.vocabulary]
                    #expect(logits.count == wanted.count)
                    for (a, b) in zip(logits, wanted) { #expect(abs(a - Double(b)) < 0.02) }
                    start = range.upperBound
                }
            }
        }
    }

    /// A second generation in the session is as good as the first.
    @Test func generationsFollowEachOther() throws {
        let weights = try ModelWeights.random(Self.architecture(llama: false), seed: 4, standardDeviation: 0.5)
        let generation = Generation(weights: weights, target: .standard)
        for tokens in [[1, 10, 3], [7, 7, 2]] {
            _ = try generation.logits(tokens, 0..<2, .last)
            let logits = try generation.logits(tokens, 2..<3, .last)
            let expected = try ReferenceModel(weights).logits(tokens: tokens).suffix(11)
            for (a, b) in zip(logits, expected) { #expect(abs(a - Double(b)) < 0.02) }
        }
    }

    /// A row's mask hides what was opened under it, and nothing may be opened under it again.
    @Test(arguments: [Target.standard, .fssWithDealer])
    func passesThatDoNotFollowAreRefused(target: Target) throws {
        let weights = try ModelWeights.random(Self.architecture(llama: false), seed: 4, standardDeviation: 0.5)
        let tokens = [1, 10, 3, 3, 7]
        for wrong in [1..<3, 3..<4, 4..<5] {
            let generation = Generation(weights: weights, target: target)
            _ = try generation.logits(tokens, 0..<2, .last)
            #expect(throws: PreprocessingError.otherGeneration(rows: wrong.lowerBound, kept: 2)) {
                _ = try generation.logits(tokens, wrong, .last)
            }
        }
        #expect(throws: PreprocessingError.otherGeneration(rows: 1, kept: 0)) {
            _ = try Generation(weights: weights, target: target).logits(tokens, 1..<3, .last)
        }
    }

    /// A step opens its own rows; what it sends beside them grows with the row of scores alone.
    @Test(arguments: [Target.standard, .fssWithDealer])
    func aStepOpensItsOwnRows(target: Target) throws {
        let architecture = try Architecture(
            layers: [.init()], heads: 2, width: 8, feedForwardWidth: 12, context: 64, vocabulary: 11)
        func opened(past: Int, new: Int) throws -> Int {
            let program = try ForwardPass(
                architecture: architecture, past: past, new: new, output: .blocks, keeps: true
            )
            .program(target: target)
            return program.instructions.filter { $0.path.hasSuffix("scores/open-masked") }
                .reduce(0) { $0 + $1.rounds.reduce(0) { $0 + $1.total } }
        }
        #expect(try opened(past: 1, new: 1) == opened(past: 60, new: 1))
        #expect(try opened(past: 0, new: 8) == 8 * opened(past: 3, new: 1))
    }

    /// Passes that keep nothing are what they were; those of a generation have programs of their own.
    @Test func fingerprintsTellGenerationsApart() throws {
        let architecture = try Self.architecture(llama: false)
        func fingerprint(_ past: Int, _ new: Int, keeps: Bool) throws -> String {
            try ForwardPass(architecture: architecture, past: past, new: new, output: .last, keeps: keeps)
                .program(target: .standard).fingerprint()
        }
        let all = [
            try fingerprint(0, 3, keeps: false), try fingerprint(0, 3, keeps: true), try fingerprint(2, 1, keeps: true),
            try fingerprint(3, 1, keeps: true),
        ]
        #expect(Set(all).count == all.count)
        #expect(try fingerprint(2, 1, keeps: false) == all[2])
    }
}

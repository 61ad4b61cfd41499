import SottoAlgebra
import SottoModel
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct EmbeddingTableTests {
    /// A look-up of tokens, in plaintext and as two parties.
    private struct LookUp {
        let found: [Int64]
        let reference: [Int64]
        let costIsExact: Bool

        init(_ tokens: [Int], _ table: EmbeddingTable, _ weights: ModelWeights, _ target: Target) throws {
            let b = ProgramBuilder(target: target)
            let y = try table.lookUp(
                0..<tokens.count, of: tokens.count, width: 30, bounds: (4095, 1023), in: b)
            try b.open(y, as: "y", to: [.client])
            let program = b.finish()
            let (server, client) = (
                PreparedWeights(weights), try ClientInput(tokens: tokens, vocabulary: table.vocabulary)
            )
            let outcome = try program.simulated(server: server, client: client, seeds: InsecureSeededSource(3))
            found = outcome.client.opened["y"] ?? []
            reference =
                try PlaintextInterpreter().run(program, tensors: TensorSources([server, client])).opened["y"] ?? []
            let declared = CostInterpreter().run(program)
            costIsExact =
                declared.trace.events == outcome.trace.events
                && CostInterpreter().replay(program, trace: outcome.trace).instructions == declared.instructions
        }
    }

    private static func weights(vocabulary: Int, width: Int) throws -> ModelWeights {
        try .random(
            Architecture(
                layers: [.init()], heads: 1, width: width, feedForwardWidth: 2, context: 8, vocabulary: vocabulary),
            seed: 7, standardDeviation: 0.7)
    }

    private static var betweenTwo: Target {
        get throws { try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64) }
    }

    private func expectEveryToken(_ vocabulary: Int, _ tokensOfRow: Int, _ target: Target) throws {
        let width = 3
        let weights = try Self.weights(vocabulary: vocabulary, width: width)
        let table = EmbeddingTable(vocabulary: vocabulary, width: width, tokensOfRow: tokensOfRow)
        // The last one first.
        let tokens = Array((0..<vocabulary).reversed())
        let run = try LookUp(tokens, table, weights, target)
        let values = try PreparedWeights(weights).tensor("embedding")
        #expect(run.found == tokens.flatMap { values[$0 * width..<($0 + 1) * width] })
        #expect(run.reference == run.found)
        #expect(run.costIsExact)
    }

    /// With whole rows and with a last one that is not full, down to a single row.
    @Test(arguments: [1, 2, 7, 12, 19], [1, 2, 3, 5, 19, 23])
    func everyTokenIsFound(vocabulary: Int, tokensOfRow: Int) throws {
        for target in [Target.standard, .otWithDealer(over: .field)] {
            // Names are of tables that a vocabulary has.
            guard tokensOfRow <= max(2, vocabulary) else { continue }
            try expectEveryToken(vocabulary, tokensOfRow, target)
        }
    }

    @Test(arguments: [(1, 1), (7, 1), (7, 3), (19, 4), (19, 19), (64, 8)])
    func everyTokenIsFoundBetweenTwo(sizes: (vocabulary: Int, tokensOfRow: Int)) throws {
        try expectEveryToken(sizes.vocabulary, sizes.tokensOfRow, Self.betweenTwo)
    }

    @Test func inputsOfAnotherSizeAreRefused() throws {
        let input = try ClientInput(tokens: [3, 0, 6], vocabulary: 7)
        #expect(try input.tensor("tokens/3/row") == [0, 1, 0, 1, 0, 0, 0, 0, 1])
        #expect(try input.tensor("tokens/3/place") == [0, 0, 0, 0, 0, 0])
        #expect(try input.tensor("tokens/2/place") == [1, 0, 0])
        #expect(try input.tensor("tokens/2/row", count: 12, range: 4..<9) == [1, 0, 0, 0, 0])
        for (name, count) in [("tokens", 14), ("tokens/3/row", 12), ("tokens/3/place", 3)] {
            #expect(throws: InterpreterError.self) { try input.tensor(name, count: count, range: 0..<count) }
        }
        let others = ["tokens/", "tokens/1/row", "tokens/8/row", "tokens/3", "tokens/3/column", "token"]
        for name in others {
            #expect(throws: InterpreterError.missingInput(name: name)) { try input.tensor(name) }
        }
        let weights = PreparedWeights(try Self.weights(vocabulary: 7, width: 2))
        #expect(try weights.tensor("embedding/3") == weights.tensor("embedding") + [0, 0, 0, 0])
        for name in ["embedding/1", "embedding/", "embedding/3/4", "embedding/-3"] {
            #expect(throws: InterpreterError.missingInput(name: name)) { try weights.tensor(name) }
        }
    }
}

/// Which table a model has, and what it costs.
@Suite struct EmbeddingCostTests {
    private static let betweenTwo = try! Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)

    @Test(arguments: [("gpt2", 10), ("gpt2-medium", 9), ("gpt2-xl", 7), ("llama-7b", 3), ("tiny", 1)])
    func tokensOfARow(preset: String, tokens: Int) throws {
        let architecture = try Architecture.preset(named: preset)
        #expect(EmbeddingTable.cheapest(for: architecture, in: Self.betweenTwo).tokensOfRow == tokens)
        for profile in [DomainProfile.ring64, .field] {
            let table = EmbeddingTable.cheapest(for: architecture, in: .otWithDealer(over: profile))
            #expect(table.tokensOfRow == 1 && table.rows == architecture.vocabulary)
        }
    }

    /// Below half a megabyte for a token of GPT-2, offline and online together.
    @Test func bytesOfGPT2() throws {
        let pass = try ForwardPass(architecture: .preset(named: "gpt2"), new: 128, output: .last)
        let instructions = CostInterpreter().run(try pass.program(target: Self.betweenTwo)).instructions
            .filter { $0.path.hasPrefix("embedding/") }
        let online = instructions.reduce(.zero) { $0 + $1.bytesSent }
        let offline = instructions.reduce(.zero) { $0 + $1.preprocessing.bytesSent }
        #expect(online == [128 * 9 * 768 * 30 / 8, 128 * 5026 * 30 / 8 + 128 * 9 / 8])
        #expect(offline == [9_338_910, 11_579_920])
        #expect(online.total + offline.total < 128 * 500_000)
    }

    /// No other table of the vocabulary takes fewer bytes by much, as they are counted and not by the formula.
    @Test func theChoiceIsNearTheBest() throws {
        let architecture = try Architecture.preset(named: "gpt2")
        func bytes(_ tokensOfRow: Int) throws -> Int {
            let b = ProgramBuilder(target: Self.betweenTwo)
            let table = EmbeddingTable(
                vocabulary: architecture.vocabulary, width: architecture.width, tokensOfRow: tokensOfRow)
            _ = try table.lookUp(0..<128, of: 128, width: 30, bounds: (4095, 1023), in: b)
            return CostInterpreter().run(b.finish()).instructions.reduce(0) {
                $0 + $1.bytesSent.total + $1.preprocessing.bytesSent.total
            }
        }
        let chosen = try bytes(EmbeddingTable.cheapest(for: architecture, in: Self.betweenTwo).tokensOfRow)
        let best = try (5...20).map(bytes).min() ?? 0
        #expect(Double(chosen) < 1.05 * Double(best), "\(chosen), \(best)")
        #expect(try 5 * chosen < bytes(1))
    }

    /// One table for all passes of a session, whatever their lengths.
    @Test func allPassesHaveOneTable() throws {
        let architecture = try Architecture(
            layers: [.init()], heads: 2, width: 8, feedForwardWidth: 12, context: 9, vocabulary: 250)
        let weights = try [1, 2, 9].map {
            try ForwardPass(architecture: architecture, new: $0, output: .last).program(target: Self.betweenTwo).plan
                .weights
        }
        #expect(weights[0][0].name.hasPrefix("embedding/"))
        #expect(weights.allSatisfy { $0 == weights[0] })
    }
}

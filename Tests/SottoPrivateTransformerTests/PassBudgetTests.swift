import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import Testing

/// Lengths and sizes from outside: refused by closed formulas, before anything is built.
@Suite struct PassBudgetTests {
    private static func llama(layers: Int = 2, width: Int = 24, context: Int = 64) throws -> Architecture {
        try Architecture(
            layers: [Architecture.Layer](repeating: .llama, count: layers), heads: 6, keyValueHeads: 3, width: width,
            feedForwardWidth: 40, context: context, vocabulary: 37, tiedHead: false, finalNorm: .rmsNorm,
            positions: .rotary(theta: 10000), hasBiases: false)
    }

    private static func paper(_ notation: Architecture.Notation, width: Int = 24) throws -> Architecture {
        try Architecture(
            layers: [.init(), .init(), .init()], heads: 3, width: width, feedForwardWidth: 4 * width, context: 64,
            vocabulary: 53
        ).withNotation(notation)
    }

    @Test(arguments: [
        (Int.max, Int.max), (.max, 1), (1, .max), (.min, 1), (.min, .min), (-1, 2), (0, 0), (0, -1), (0, .min), (0, 65),
        (64, 1), (.max - 64, 65), (1 << 62, 1 << 62),
    ])
    func lengthsThatDoNotFitAreRefused(past: Int, new: Int) throws {
        let architecture = try Self.llama()
        #expect(throws: ArchitectureError.self) {
            try ForwardPass(architecture: architecture, past: past, new: new, output: .last)
        }
    }

    /// Formulas bound what the programs have, and not by much.
    @Test(arguments: [DomainProfile.ring64, .field], [(0, 1), (0, 2), (0, 13), (0, 64), (7, 9), (63, 1)])
    func sizesBoundThePrograms(profile: DomainProfile, lengths: (Int, Int)) throws {
        let architectures = try Architecture.Notation.all.map { try Self.paper($0) } + [Self.llama()]
        for architecture in architectures {
            for output in ForwardPass.Output.allCases {
                let pass = try ForwardPass(
                    architecture: architecture, past: lengths.0, new: lengths.1, output: output)
                let program = try pass.program(target: .otWithDealer(over: profile))
                let size = pass.size(in: .otWithDealer(over: profile))
                let name = "\(architecture), \(lengths), \(output)"
                #expect(size.instructions >= Double(program.instructionCount), "\(name)")
                #expect(size.instructions <= 64 + 6 * Double(program.instructionCount), "\(name)")
                let tensors = program.inputs.map { Double($0.shape.reduce(1, *)) }
                #expect(size.largestTensor >= tensors.max() ?? 0, "\(name)")
                let bytes = program.plan.correlations.map { Double($0.correctionBytes.server) }
                #expect(size.largestCorrelation >= bytes.max() ?? 0, "\(name)")
                let flops = program.instructions.reduce(0) { $0 + Double($1.primitive.flops) }
                #expect(2 * size.work >= flops, "\(name): \(size.work) \(flops)")
            }
        }
    }

    /// Where several tokens lie in a row of the table of embeddings.
    @Test(arguments: [1, 13, 64]) func sizesBoundTheProgramsWithoutADealer(positions: Int) throws {
        let architecture = try Architecture(
            layers: [.init()], heads: 3, width: 24, feedForwardWidth: 30, context: 64, vocabulary: 900)
        let target = try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
        #expect(EmbeddingTable.cheapest(for: architecture, in: target).tokensOfRow > 1)
        let pass = try ForwardPass(architecture: architecture, new: positions, output: .last)
        let (program, size) = (try pass.program(target: target), pass.size(in: target))
        #expect(size.instructions >= Double(program.instructionCount))
        let tensors = program.inputs.map { $0.shape.reduce(1, *) }
        #expect(size.largestTensor >= Double(tensors.max() ?? 0))
        let bytes = program.plan.correlations.map(\.products.bytes)
        #expect(size.largestCorrelation >= Double(bytes.max() ?? 0))
        let flops = program.instructions.reduce(0) { $0 + Double($1.primitive.flops) }
        #expect(2 * size.work >= flops)
    }

    @Test func theDefaultsAllowWhatIsRunToday() throws {
        let budget = PassBudget()
        for (preset, layers, length, output) in [
            ("gpt2", 12, 1024, ForwardPass.Output.last), ("gpt2", 12, 1024, .all), ("gpt2-xl", 48, 512, .last),
            ("llama-7b", 1, 1024, .blocks), ("llama-7b", 32, 128, .last), ("tinyllama-1.1b", 22, 1024, .last),
        ] {
            let architecture = try Architecture.preset(named: preset).firstLayers(layers)
            let pass = try ForwardPass(architecture: architecture, new: length, output: output)
            try budget.check(pass, in: .otWithDealer(over: .ring64))
        }
    }

    /// Each in no time, whatever it would take to build.
    @Test func whatIsTooLargeIsRefusedByItsName() throws {
        func pass(layers: Int = 1, heads: Int = 1, width: Int = 2, context: Int, inner: Int = 2, vocabulary: Int = 2)
            throws -> ForwardPass
        {
            let architecture = try Architecture(
                layers: [Architecture.Layer](repeating: .init(), count: layers), heads: heads, width: width,
                feedForwardWidth: inner, context: context, vocabulary: vocabulary)
            return try ForwardPass(architecture: architecture, new: context, output: .last)
        }
        let budget = PassBudget(positions: 65536)
        let cases = [
            (try pass(context: 65536), "largest tensor"), (try pass(layers: 1024, context: 65536), "instructions"),
            (try pass(layers: 1024, heads: 32, width: 1024, context: 1024), "instructions"),
            (try pass(layers: 12, width: 8192, context: 128, inner: 65536), "largest tensor"),
            (try pass(width: 512, context: 128, vocabulary: 1 << 20), "largest tensor"),
            (try pass(layers: 200, width: 4096, context: 2048, inner: 16384), "multiplications"),
        ]
        for (pass, quantity) in cases {
            // What is named is the first that is too large.
            var budget = budget
            if quantity != "instructions" { budget.instructions = .max }
            let error = #expect(throws: PassBudgetError.self) {
                try budget.check(pass, in: .otWithDealer(over: .ring64))
            }
            #expect(error?.quantity.contains(quantity) == true, "\(quantity): \(error.map { "\($0)" } ?? "none")")
            #expect(error.map { $0.asked > $0.limit } == true)
        }
        let small = #expect(throws: PassBudgetError.self) {
            try PassBudget(largestCorrelation: 1 << 20).check(
                try pass(heads: 1024, width: 1024, context: 512), in: .otWithDealer(over: .ring64))
        }
        #expect(small?.quantity.contains("largest correlation") == true)
        let error = #expect(throws: PassBudgetError.self) {
            try PassBudget().check(try pass(context: 4097), in: .otWithDealer(over: .ring64))
        }
        #expect(error == PassBudgetError(quantity: "positions", asked: 4097, limit: 4096))
    }
}

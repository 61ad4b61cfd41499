import SottoAlgebra
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct DeclaredBoundsTests {
    /// A network of one odd size whose values are made large where `scale` multiplies its weights.
    private func weights(
        _ architecture: Architecture, _ factors: [WeightName: Float] = [:], seed: UInt64 = 5
    ) throws -> ModelWeights {
        let plain = try ModelWeights.random(architecture, seed: seed, standardDeviation: 0.2)
        return try ModelWeights(architecture: architecture) { name, _ in
            guard let tensor = plain[name] else { throw ModelError.missingTensor(name.description) }
            let factor = factors[name] ?? 1
            return WeightTensor(shape: tensor.shape, values: tensor.values.map { $0 * factor })
        }
    }

    private static let tokens = [3, 0, 7, 18, 2]

    private func gpt2(_ notation: String = "SM+LN+G") throws -> Architecture {
        try Architecture(
            notation: .init(notation), layers: 2, heads: 3, width: 15, feedForwardWidth: 21, context: 16, vocabulary: 19
        )
    }

    private func llama() throws -> Architecture {
        try Architecture(
            layers: [.llama, .llama], heads: 2, keyValueHeads: 1, width: 8, feedForwardWidth: 12, context: 16,
            vocabulary: 19, tiedHead: false, finalNorm: .rmsNorm, positions: .rotary(theta: 10000), hasBiases: false)
    }

    /// Cases whose values leave the standard bound at one place: the network, factors of its weights, and the place.
    private enum Case: String, CaseIterable {
        case scores, logits, gate, residual
    }

    private func make(_ kind: Case) throws -> (ModelWeights, Bounds.Place) {
        switch kind {
        case .scores:
            (try weights(gpt2(), [.layer(0, .queryKeyValueWeight): 120]), .scores)
        case .logits: (try weights(gpt2(), [.finalNormGamma: 9000]), .logits)
        case .gate:
            (try weights(llama(), [.layer(1, .norm2Gamma): 150, .layer(1, .feedForwardOutputWeight): 1e-3]), .gate)
        case .residual:
            (try weights(gpt2("SM"), [.tokenEmbedding: 30000, .layer(0, .queryKeyValueWeight): 1e-5]), .residual)
        }
    }

    private func check(
        _ weights: ModelWeights, output: ForwardPass.Output = .all, target: Target = .standard
    ) throws -> RangeCheck {
        var check = RangeCheck(PreparedWeights(weights), target: target)
        try check.check(
            ForwardPass(architecture: weights.architecture, new: Self.tokens.count, output: output),
            ClientInput(tokens: Self.tokens, vocabulary: weights.architecture.vocabulary))
        return check
    }

    @Test(arguments: ["scores", "logits", "gate", "residual"], Target.both)
    func valuesBeyondABoundAreFoundAndADeclaredBoundLetsThemRun(name: String, target: Target) throws {
        let kind = try #require(Case(rawValue: name))
        let (weights, place) = try make(kind)
        let found = try check(weights, target: target)
        #expect(!found.isWithin)
        let error = try #require(throws: OutOfRangeError.self) { try found.requireWithin() }
        #expect(error.beyond.contains { $0.name == place.rawValue })
        #expect(error.description.contains("--edit bounds.\(place.rawValue)="))
        // What the error says to declare is enough.
        var bounds = weights.architecture.bounds
        for finding in error.beyond {
            let place = try #require(finding.name.flatMap { Bounds.Place(rawValue: $0) })
            try bounds.declare(
                place, Double(sign: .plus, exponent: Int(finding.magnitude.exponent) + 1, significand: 1) - 1)
        }
        let declared = try weights.declaring(bounds)
        try check(declared, target: target).requireWithin()
        let pass = try ForwardPass(architecture: declared.architecture, new: Self.tokens.count, output: .all)
        let input = try ClientInput(tokens: Self.tokens, vocabulary: 19)
        let reference = try ReferenceModel(weights).logits(tokens: Self.tokens)
        let largest = reference.map { abs(Double($0)) }.max() ?? 0
        for seed in 0..<2 as Range<UInt64> {
            let run = try PrivateForward(pass, weights: declared, input: input, seed: seed, target: target)
            let worst = zip(run.values, reference).map { abs($0 - Double($1)) }.max() ?? 0
            #expect(worst < 0.05 + 1e-3 * largest, "\(name): largest error \(worst) of \(largest)")
            #expect(run.costIsExact && run.violations.isEmpty)
        }
    }

    /// Without the declaration a private run is wrong by units, and so must never be had without a word.
    @Test func whatIsFoundWouldHaveBeenWrong() throws {
        let (weights, _) = try make(.scores)
        let pass = try ForwardPass(architecture: weights.architecture, new: Self.tokens.count, output: .all)
        let reference = try ReferenceModel(weights).logits(tokens: Self.tokens)
        let run = try PrivateForward(pass, weights: weights, input: ClientInput(tokens: Self.tokens, vocabulary: 19))
        let worst = zip(run.values, reference).map { abs($0 - Double($1)) }.max() ?? 0
        #expect(worst > 0.1)
    }

    @Test func onlyWhatNeedsMoreBitsPaysForThem() throws {
        func bytes(_ edits: String...) throws -> Int {
            let architecture = try gpt2().applying(edits.map { try ArchitectureEdit($0) })
            return CostInterpreter().run(
                try ForwardPass(architecture: architecture, new: 4, output: .all).program(target: .standard)
            ).onlineBytes.total
        }
        let plain = try bytes()
        let (one, both) = (try bytes("layers[0].bounds.scores=9000"), try bytes("bounds.scores=9000"))
        #expect(plain < one)
        #expect(both - one == one - plain)
        // Smaller bounds save, and none costs more.
        #expect(try bytes("bounds.ffn=60") < plain)
        #expect(try bytes("bounds.ffn=4000", "bounds.scores=3000") <= plain)
    }

    @Test func boundsArePartOfTheFingerprint() throws {
        func fingerprint(_ edits: String...) throws -> String {
            try ForwardPass(
                architecture: try gpt2().applying(edits.map { try ArchitectureEdit($0) }), new: 3, output: .last
            ).program(target: .standard).fingerprint()
        }
        let plain = try fingerprint()
        #expect(try fingerprint("bounds.scores=4095") == plain)
        for edit in ["bounds.scores=4094", "bounds.logits=9000", "layers[1].bounds.residual=4000"] {
            #expect(try fingerprint(edit) != plain)
        }
    }

    /// Beyond what the formulas hold a program is refused, by the operation's name.
    @Test(arguments: [
        ("bounds.ffn=16383", "layer.0/ffn/gelu/geluNew"), ("bounds.residual=1e7", "layer.0/attention/layernorm"),
        ("bounds.logits=1e12", "head/"), ("bounds.projections=1e11", "layer.0/"),
    ])
    func whatFormulasCannotHoldIsRefusedByName(edit: String, path: String) throws {
        let architecture = try gpt2().applying([try ArchitectureEdit(edit)])
        let error = try #require(throws: ProgramError.self) {
            try ForwardPass(architecture: architecture, new: 3, output: .all).program(target: .standard)
        }
        #expect(error.description.hasPrefix(path), "\(error)")
    }

    @Test(arguments: Architecture.Notation.all)
    func everyArchitectureRunsWithBoundsOfItsOwn(notation: Architecture.Notation) throws {
        var architecture = try gpt2(notation.network.rawValue)
        architecture = try architecture.applying(
            [
                "bounds.residual=50", "layers[1].bounds.residual=9000", "bounds.scores=9000", "bounds.projections=100",
                "layers[1].bounds.ffn=30", "bounds.logits=70",
            ].map { try ArchitectureEdit($0) })
        let weights = try weights(architecture)
        let input = try ClientInput(tokens: Self.tokens, vocabulary: 19)
        let reference = try ReferenceModel(weights).logits(tokens: Self.tokens)
        for output in [ForwardPass.Output.all, .last] {
            for exact in [false, true] {
                let run = try PrivateForward(
                    ForwardPass(
                        architecture: architecture, new: Self.tokens.count, output: output, exactOpenings: exact),
                    weights: weights, input: input)
                let worst =
                    zip(run.values, reference.suffix(run.values.count)).map { abs($0 - Double($1)) }.max() ?? 0
                #expect(worst < 0.02)
                #expect(run.costIsExact && run.violations.isEmpty)
            }
        }
        try check(weights).requireWithin()
    }

    /// An exact opening is the same for every sharing where what went into it is.
    @Test func exactOpeningsCostOneComparisonMore() throws {
        let architecture = try gpt2()
        func cost(_ output: ForwardPass.Output, exact: Bool) throws -> ProgramCost {
            CostInterpreter().run(
                try ForwardPass(architecture: architecture, new: 2, output: output, exactOpenings: exact).program(
                    target: .standard))
        }
        for output in ForwardPass.Output.allCases {
            let (plain, exact) = (try cost(output, exact: false), try cost(output, exact: true))
            let added = exact.instructions.filter { $0.path.contains("/exact.") }
            #expect(added.contains { $0.path.hasSuffix("exact.compare") })
            let difference = exact.onlineBytes.total - plain.onlineBytes.total
            let addedBytes = added.map { $0.bytesSent[0] + $0.bytesSent[1] }.reduce(0, +)
            #expect(difference == addedBytes)
            #expect(exact.rounds > plain.rounds)
        }
    }

    @Test func weightsThatFixedPointCannotHoldAreFoundBeforeARun() throws {
        let architecture = try gpt2()
        let large = try weights(architecture, [.layer(1, .feedForwardInputWeight): 1e6])
        let program = try ForwardPass(architecture: architecture, new: 1, output: .all).program(target: .standard)
        // Products are computed modulo the ring: large weights are no fault by themselves.
        try PreparedWeights(large).check(for: program)
        let huge = try weights(architecture, [.layer(1, .feedForwardInputWeight): 1e12])
        #expect(throws: PreparedWeightsError.self) { try PreparedWeights(huge).check(for: program) }
    }

    @Test func hiddenStatesMayBeAsLargeAsTheResidualBound() throws {
        var bounds = Bounds()
        try bounds.declare(.residual, 9000)
        _ = try ClientInput(hidden: [9000, -9000], bounds: bounds)
        #expect(throws: FixedPointError.self) { try ClientInput(hidden: [9000]) }
        #expect(throws: FixedPointError.self) { try ClientInput(hidden: [17000], bounds: bounds) }
    }
}

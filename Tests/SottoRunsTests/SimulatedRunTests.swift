import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRuns
import SottoSecureComputation
import SottoSessions
import SottoTokenization
import TestSupport
import Testing

@Suite struct SimulatedRunTests {
    private func input(_ kind: RunKind) -> SimulationInput {
        kind.output == .blocks ? .randomHidden(positions: 3, width: 4, seed: 1) : .tokens(Small.prompt)
    }

    static let kinds: [RunKind] = [
        .inference(.all), .inference(.last), .inference(.blocks), .completion(tokens: 1), .completion(tokens: 3),
    ]

    @Test(arguments: kinds, DomainProfile.both)
    func everyByteAndRoundIsEstimated(kind: RunKind, profile: DomainProfile) throws {
        let model = try Small.model(Small.architecture())
        let protocols = SessionConfiguration(target: .otWithDealer(over: profile))
        let estimate = try EstimatedRun(of: model.named, kind, positions: 3, protocols: protocols).report
        let run = try SimulatedRun(of: model, kind, input: input(kind), protocols: protocols)
        #expect(run.report.firstDifference(from: estimate) == nil)
        for phase in CostReport.Phase.allCases {
            let (found, expected) = (run.report.totals[phase], estimate.totals[phase])
            #expect(found.bytesSent == expected.bytesSent && found.dealerBytes == expected.dealerBytes)
            #expect(found.rounds == expected.rounds)
            #expect(found.seconds != nil && expected.seconds == nil)
        }
        #expect(estimate.totals.online.bytesSent.values.allSatisfy { $0 > 0 } && estimate.totals.online.rounds > 0)
        #expect(run.report.context == 3 && run.report.inferences == kind.inferences)
        #expect(run.report.positions == kind.output.rawValue && run.report.insecure && !estimate.insecure)
        #expect(run.report.domain == profile.name && run.report.model == "small")
        #expect(try #require(run.report.accuracy).maxAbsError < 0.02)
        #expect(try #require(run.report.range).ok)
    }

    /// A long completion without a dealer begins with the server's encrypted weights, and ends cheaper for it. Its first run
    /// is as estimated, and right.
    @Test func aLongCompletionWithoutADealerIsEstimated() throws {
        let model = try Small.model(Small.architecture())
        let target = try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
        let protocols = SessionConfiguration(target: target)
        let kind = RunKind.completion(tokens: 6)
        let passes = try kind.passes(of: model.architecture, positions: 3)
        var session = SimulatedSession(model, protocols: protocols, inferences: 6)
        let found = try session.run(
            passes[0], ClientInput(tokens: Small.prompt, vocabulary: model.architecture.vocabulary))
        let plaintext = try ReferenceModel(model.weights).logits(tokens: Small.prompt).suffix(found.count)
        #expect(zip(found, plaintext).allSatisfy { abs($0 - Double($1)) < 0.02 })
        var declared = SessionCost()
        let first = try passes[0].program(target: target)
        declared.recordSetup(of: first, inferences: 6)
        declared.record(first)
        let configuration = CostReport.Configuration(
            model.named, protocols, context: 3, output: .last, insecure: true)
        let report = session.report(context: 3, output: .last)
        #expect(report.firstDifference(from: declared.report(configuration)) == nil)

        let estimate = try EstimatedRun(of: model.named, kind, positions: 3, protocols: protocols).report
        let weights = estimate.operations.filter { $0.path == "setup/weights/encrypted" }
        #expect(weights.count == 1 && weights.allSatisfy { $0.bytesSent.server > 0 && $0.rounds == 1 })
        var undeclared = SessionCost()
        for (index, pass) in passes.enumerated() {
            let program = try pass.program(target: target)
            if index == 0 { undeclared.recordSetup(of: program) }
            undeclared.record(program)
        }
        func bytes(_ report: CostReport) -> Int { report.operations.reduce(0) { $0 + $1.bytesSent.total } }
        #expect(bytes(estimate) < bytes(undeclared.report(configuration)))
    }

    @Test func aRunGivesWhatTheClientLearns() throws {
        let model = try Small.model(Small.architecture())
        let run = try SimulatedRun(of: model, .inference(.all), input: .tokens(Small.prompt))
        let plaintext = try ReferenceModel(model.weights).logits(tokens: Small.prompt)
        #expect(run.plaintextValues == plaintext)
        #expect(run.values.count == plaintext.count && run.rows == 3 && run.valuesName == "logits")
        #expect(zip(run.values, plaintext).allSatisfy { abs($0 - Double($1)) < 0.02 })
        #expect(run.completion == nil && run.report.completion == nil)
        // Shares and masks are drawn anew, and the last places of results with them.
        let (again, other) = (
            try SimulatedRun(of: model, .inference(.all), input: .tokens(Small.prompt)),
            try SimulatedRun(
                of: model, .inference(.all), input: .tokens(Small.prompt), options: SimulationOptions(seed: 1))
        )
        #expect(again.values == run.values && other.values != run.values)
    }

    @Test func aCompletionHasTextsAndIds() throws {
        let model = NamedModel(try ModelSource.load("tiny", seed: 0))
        let prompt = ByteTokenizer().encode("import ")
        let run = try SimulatedRun(of: model, .completion(tokens: 2), input: .tokens(prompt))
        let completion = try #require(run.completion)
        #expect(completion.prompt == prompt && completion.private == completion.plaintext)
        #expect(completion.private == (try ReferenceModel(model.weights).greedyCompletion(of: prompt, count: 2)))
        #expect(run.report.completion == completion.reported && completion.reported.prompt == "import ")
        #expect(completion.rendered().contains("prompt ids            105,109,112,111,114,116,32\n"))
        #expect(run.rows == 2 && run.report.inferences == 2 && run.report.architecture == "SM+LN+G")
    }

    @Test func progressEndsAtOne() throws {
        let fractions = Locked<[Double]>([])
        _ = try SimulatedRun(
            of: Small.model(Small.architecture()), .completion(tokens: 2), input: .tokens(Small.prompt)
        ) { fraction in fractions.change { $0.append(fraction) } }
        #expect(fractions.value == fractions.value.sorted() && fractions.value.last == 1)
    }

    @Test func networksHaveTheirLatencies() throws {
        let model = try Small.model(Small.architecture())
        let estimate = try EstimatedRun(of: model.named, .inference(.all), positions: 3, networks: [.wan, .lan])
        let run = try SimulatedRun(
            of: model, .inference(.all), input: .tokens(Small.prompt),
            options: SimulationOptions(networks: [.wan, .lan]))
        #expect(estimate.report.latency.map(\.network) == ["wan", "lan"])
        #expect(estimate.report.latency.allSatisfy { $0.compute == .none })
        #expect(run.report.latency.allSatisfy { $0.compute == .measured })
        for (measured, idle) in zip(run.report.latency, estimate.report.latency) {
            #expect(measured.online > idle.online)
        }
    }

    @Test func whatLeavesItsBoundIsNotRunUnlessAllowed() throws {
        let model = try Small.modelOutOfRange()
        #expect(throws: OutOfRangeError.self) {
            try SimulatedRun(of: model, .inference(.all), input: .tokens(Small.prompt))
        }
        let run = try SimulatedRun(
            of: model, .inference(.all), input: .tokens(Small.prompt),
            options: SimulationOptions(allowsOutOfRange: true))
        #expect(run.report.range?.ok == false)
        let trace = try ValueTrace(of: model, .all, input: .tokens(Small.prompt))
        #expect(trace.range?.ok == false && !trace.values.isEmpty)
        var check = RangeCheck(PreparedWeights(model.weights), target: .standard)
        let text = [Int](repeating: 3, count: 20)
        #expect(throws: OutOfRangeError.self) { try check.check(text: text, architecture: model.architecture) }
        try check.check(text: text, architecture: model.architecture, goesOn: true)
        #expect(!check.isWithin)
    }

    @Test func errorsAreTyped() throws {
        let model = try Small.model(Small.architecture())
        #expect(throws: RunError.unsuitableInput(output: .blocks)) {
            try SimulatedRun(of: model, .inference(.blocks), input: .tokens(Small.prompt))
        }
        #expect(throws: RunError.unsuitableInput(output: .last)) {
            try SimulatedRun(of: model, .completion(tokens: 1), input: .hidden([1, 2, 3, 4]))
        }
        #expect(throws: ReferenceModelError.raggedHiddenStates(5, width: 4)) {
            try SimulatedRun(of: model, .inference(.blocks), input: .hidden([1, 2, 3, 4, 5]))
        }
        #expect(throws: TokenizerError.unknownToken(5, vocabulary: 5)) {
            try SimulatedRun(of: model, .inference(.all), input: .tokens([5]))
        }
        #expect(throws: ArchitectureError.self) {
            try SimulatedRun(of: model, .completion(tokens: 7), input: .tokens(Small.prompt))
        }
        for tokens in [0, -1] {
            #expect(throws: RunError.noTokens) {
                try EstimatedRun(of: model.named, .completion(tokens: tokens), positions: 3)
            }
        }
    }

    @Test func completionsThatNoCounterHoldsAreRefused() throws {
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 16, heads: 64, width: 8192, feedForwardWidth: 32768, context: 65536,
            vocabulary: 256)
        let named = NamedArchitecture(name: "large", architecture)
        #expect(throws: RunError.uncountable(tokens: 32768)) {
            _ = try EstimatedRun(of: named, .completion(tokens: 32768), positions: 32768)
        }
    }
}

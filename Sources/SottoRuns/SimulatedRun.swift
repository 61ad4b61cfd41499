import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions
import SottoTokenization

/// A run of both parties in this process, with real shares and messages, beside the same in floating point.
public struct SimulatedRun: Sendable {
    /// With measured times, and the error against floating point.
    public private(set) var report: CostReport
    /// What the client learned, row by row: logits or hidden states of positions, or of a completion the logits that every
    /// token was chosen by.
    public private(set) var values: [Double] = []
    /// The same in floating point.
    public private(set) var plaintextValues: [Float] = []
    /// The tensor's name of both.
    public let valuesName: String
    public private(set) var rows = 0
    /// nil for a single inference.
    public private(set) var completion: SimulatedCompletion?

    /// Runs both parties to their end.
    /// - Parameters:
    ///   - progress: told the fraction done, from any thread.
    /// - Throws: ``RunError``, `ArchitectureError` for lengths that do not fit the context, `TokenizerError`,
    ///   `FixedPointError` and `ReferenceModelError` for what is no input of the model, and what
    ///   ``SimulatedSession/run(_:_:progress:)`` throws.
    public init(
        of model: NamedModel, _ kind: RunKind, input: SimulationInput,
        protocols: SessionConfiguration = .standard, options: SimulationOptions = SimulationOptions(),
        progress: (@Sendable (Double) -> Void)? = nil
    ) throws {
        try input.check(for: kind.output)
        let positions = try input.positions(width: model.architecture.width)
        let passes = try kind.passes(
            of: model.architecture, positions: positions, exactOpenings: protocols.exactOpenings)
        var session = SimulatedSession(
            model, protocols: protocols, inferences: passes.count, options: options)
        var meter = AccuracyMeter()
        var generated: [Int] = []
        valuesName = passes[0].outputName
        let width = model.architecture.width
        if passes[0].past > 0 {
            let earlier = try ForwardPass(
                architecture: model.architecture, new: passes[0].past,
                output: passes[0].output == .blocks ? .blocks : .last,
                exactOpenings: protocols.exactOpenings, keeps: true)
            try session.goThrough(
                earlier, input.rows(0..<earlier.new, width: width).clientInput(model.architecture), before: passes[0])
        }
        for (index, pass) in passes.enumerated() {
            let tell: @Sendable (Int, Int) -> Void = { done, all in
                progress?((Double(index) + Double(done) / Double(all)) / Double(passes.count))
            }
            let grown = input.appending(generated)
            let found = try session.run(
                pass, grown.rows(pass.past..<pass.total, width: width).clientInput(model.architecture), progress: tell)
            // That of earlier positions is no part of what was found.
            let expected = try Array(Self.plaintext(of: model, grown, pass.output).suffix(found.count))
            let columns = found.count / pass.outputPositions
            meter.compare(found, with: expected, columns: columns)
            values += found
            plaintextValues += expected
            rows += pass.outputPositions
            if case .completion = kind { generated.append(ReferenceModel.mostLikely(found)) }
        }
        report = session.report(context: positions, output: kind.output)
        report.accuracy = meter.accuracy
        guard case .completion(let count) = kind, case .tokens(let prompt) = input else { return }
        let plaintext = try ReferenceModel(model.weights).greedyCompletion(of: prompt, count: count)
        let completion = SimulatedCompletion(
            prompt: prompt, private: generated, plaintext: plaintext, tokenizer: model.tokenizer)
        report.completion = completion.reported
        self.completion = completion
    }

    private static func plaintext(
        of model: NamedModel, _ input: SimulationInput, _ output: ForwardPass.Output
    ) throws -> [Float] {
        let reference = ReferenceModel(model.weights)
        switch input {
        case .hidden(let hidden): return try reference.blocks(hidden)
        case .tokens(let tokens): return try reference.logits(tokens: tokens, positions: output == .last ? .last : .all)
        }
    }
}

extension SimulationInput {
    /// What of it a pass takes.
    fileprivate func rows(_ range: Range<Int>, width: Int) -> SimulationInput {
        switch self {
        case .tokens(let tokens): .tokens(Array(tokens[range]))
        case .hidden(let hidden): .hidden(Array(hidden[range.lowerBound * width..<range.upperBound * width]))
        }
    }

    /// With the tokens of a completion so far.
    fileprivate func appending(_ generated: [Int]) -> SimulationInput {
        guard case .tokens(let prompt) = self else { return self }
        return .tokens(prompt + generated)
    }
}

/// A private completion beside the plaintext one.
public struct SimulatedCompletion: Sendable {
    /// Token ids.
    public let prompt: [Int]
    public let `private`: [Int]
    public let plaintext: [Int]
    /// With texts, or without a tokenizer with ids between commas in their place.
    public let reported: CostReport.Completion

    init(prompt: [Int], private: [Int], plaintext: [Int], tokenizer: (any Tokenizer)?) {
        func texts(_ completion: [Int]) -> CompletionTexts {
            CompletionTexts(prompt: prompt, completion: completion, tokenizer)
        }
        self.prompt = prompt
        self.private = `private`
        self.plaintext = plaintext
        reported = CostReport.Completion(
            prompt: texts(`private`).prompt, private: texts(`private`).completion,
            plaintext: texts(plaintext).completion, tokens: `private`)
    }

    /// Texts where there are any, quoted, so that no control character reaches a terminal, and ids.
    public func rendered() -> String {
        let names = ["prompt", "private completion", "plaintext completion"]
        let ids = [prompt, `private`, plaintext].map(CompletionTexts.list)
        let texts = [reported.prompt, reported.private, reported.plaintext ?? ""]
        var lines: [String] = []
        func add(_ name: String, _ text: String) {
            lines.append(name + String(repeating: " ", count: max(22 - name.count, 1)) + text)
        }
        if texts != ids { for (name, text) in zip(names, texts) { add(name, text.debugDescription) } }
        for (name, ids) in zip(["prompt ids", "private ids", "plaintext ids"], ids) { add(name, ids) }
        return lines.joined(separator: "\n") + "\n\n"
    }
}

import ArgumentParser
import CostModel
import Foundation
import SecureComputation
import SottoModel
import SottoPrivateTransformer
import SottoSessions

/// Runs both parties in this process, with real shares and messages.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run both parties in this process and measure bytes, rounds, time and error.",
        discussion: """
            The shares and messages are real, but one process holds them all and deals the correlations: nothing here is \
            secret. Without input the model runs on random tokens.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var input: InputOptions
    @OptionGroup var length: LengthOptions
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var machine: RunOptions
    @OptionGroup var range: RangeOptions
    @OptionGroup var files: LogitsOptions
    @OptionGroup var output: OutputOptions

    @Flag(
        help:
            "Run on plain fixed-point numbers instead, and list the values that leave their range and the largest ones."
    )
    var traceValues = false

    func validate() throws {
        if length.blocksOnly, input.inputIds != nil || input.text != nil || input.file != nil {
            throw ValidationError(
                "--blocks-only runs on random hidden states; leave out --input-ids, --text and --file")
        }
        if traceValues, length.tokens != nil {
            throw ValidationError("--trace-values looks at one inference; leave out --tokens")
        }
    }

    func run() throws {
        let logger = output.logger()
        let selected = try model.load()
        logger.info("model loaded", metadata: ["weights": selected.areWeightsRandom ? "random" : "trained"])
        let run = try SimulatedInput(selected, input: input, length: length, seed: model.variant.seed)
        guard !traceValues else { return try trace(selected, run) }
        var simulation = Simulation(
            model: selected, input: run, length: length, exactOpenings: protocols.exactOpenings,
            private: PrivateRun(
                selected, profile: try protocols.profile(), seed: model.variant.seed, machine: machine,
                networks: network.networks, allowsOutOfRange: range.allowOutOfRange))
        try simulation.run()
        logger.info("simulated", metadata: ["inferences": "\(simulation.private.session.inferences)"])
        try LogitsOptions.write(
            simulation.privateValues.map { Float($0) }, name: run.tensorName, rows: simulation.rows, to: files.logits)
        try LogitsOptions.write(
            simulation.plaintextValues, name: run.tensorName, rows: simulation.rows, to: files.plaintextLogits)
        var report = simulation.private.session.report(
            try length.configuration(selected.named, protocols, count: run.count, insecure: true))
        report.accuracy = simulation.meter.accuracy
        report.range = simulation.private.range.finding.map { CostReport.Range($0) }
        let completion = try simulation.completion()
        report.completion = try completion?.reported(model: selected)
        report.peakMemoryBytes = [peakMemoryBytes(), peakMemoryBytes()]
        report.wireOverheadBytes = [0, 0]
        if output.format == .text, let completion { try Output.write(completion.text(report.completion)) }
        try Output.write(report, output)
    }

    private func trace(_ selected: SelectedModel, _ input: SimulatedInput) throws {
        let program = try ForwardPass(
            architecture: selected.architecture, new: input.count, output: length.output,
            exactOpenings: protocols.exactOpenings
        ).program(profile: protocols.profile())
        let values = try ValueTrace(
            program, tensors: TensorSources([PreparedWeights(selected.weights), try input.clientInput()]))
        try Output.write(
            output.tableFormat.map { values.rendered(as: $0, width: Terminal.width) } ?? JSONText.of(values))
    }
}

/// What a simulation runs on: tokens, or hidden states.
struct SimulatedInput {
    enum Kind {
        case tokens([Int])
        case hidden([Float])
    }

    let kind: Kind
    let count: Int
    private let vocabulary: Int
    private let bounds: Bounds

    init(_ model: SelectedModel, input: InputOptions, length: LengthOptions, seed: UInt64) throws {
        let architecture = model.architecture
        vocabulary = architecture.vocabulary
        bounds = architecture.bounds
        if let given = try input.tokens(model.tokenizer) {
            if let context = length.context, given.count < context {
                throw DataError(
                    "The input has \(given.count) tokens; give at least \(context), or lower or leave out --context.")
            }
            let tokens = Array(given.prefix(length.context ?? given.count))
            count = try length.checked(tokens.count, architecture)
            kind = .tokens(tokens)
            return
        }
        count = try length.count(for: architecture)
        if length.blocksOnly {
            kind = .hidden(Blocks.randomHidden(rows: count, width: architecture.width, seed: seed))
        } else {
            var generator = SplitMix64(state: seed)
            kind = .tokens((0..<count).map { _ in Int.random(in: 0..<architecture.vocabulary, using: &generator) })
        }
    }

    var tensorName: String {
        if case .hidden = kind { return ForwardPass.hidden }
        return ForwardPass.logits
    }

    func clientInput() throws -> ClientInput {
        switch kind {
        case .tokens(let tokens): try ClientInput(tokens: tokens, vocabulary: vocabulary)
        case .hidden(let hidden): try ClientInput(hidden: hidden.map { Double($0) }, bounds: bounds)
        }
    }
}

/// A simulated inference or completion beside its plaintext.
struct Simulation {
    let model: SelectedModel
    let input: SimulatedInput
    let length: LengthOptions
    let exactOpenings: Bool
    var `private`: PrivateRun
    private(set) var meter = AccuracyMeter()
    private(set) var privateValues: [Double] = []
    private(set) var plaintextValues: [Float] = []
    private(set) var rows = 0
    private var generated: [Int] = []

    init(
        model: SelectedModel, input: SimulatedInput, length: LengthOptions, exactOpenings: Bool, private: PrivateRun
    ) {
        self.model = model
        self.input = input
        self.length = length
        self.exactOpenings = exactOpenings
        self.private = `private`
    }

    mutating func run() throws {
        let progress = ProgressBar("simulating")
        defer { progress.finish() }
        let steps = length.inferences
        for (index, pass) in try length.passes(
            model.architecture, count: input.count, exactOpenings: exactOpenings
        ).enumerated() {
            let tell: @Sendable (Int, Int) -> Void = { done, all in
                progress.update((Double(index) + Double(done) / Double(all)) / Double(steps))
            }
            switch input.kind {
            case .hidden(let hidden):
                let found = try `private`.values(pass, input: input.clientInput(), progress: tell)
                record(found, try ReferenceModel(model.weights).blocks(hidden), columns: model.architecture.width)
            case .tokens(let prompt):
                let tokens = prompt + generated
                let found = try `private`.values(
                    pass, input: ClientInput(tokens: tokens, vocabulary: model.architecture.vocabulary), progress: tell)
                let expected = try ReferenceModel(model.weights).logits(
                    tokens: tokens, positions: pass.output == .last ? .last : .all)
                record(found, expected, columns: model.architecture.vocabulary)
                if length.tokens != nil { generated.append(ReferenceModel.mostLikely(found)) }
            }
        }
    }

    private mutating func record(_ found: [Double], _ expected: [Float], columns: Int) {
        meter.compare(found, with: expected, columns: columns)
        privateValues += found
        plaintextValues += expected
        rows += found.count / columns
    }

    /// The private completion beside the plaintext one; nil without `--tokens`.
    func completion() throws -> SimulatedCompletion? {
        guard let count = length.tokens, case .tokens(let prompt) = input.kind else { return nil }
        return SimulatedCompletion(
            prompt: prompt, private: generated,
            plaintext: try ReferenceModel(model.weights).greedyCompletion(of: prompt, count: count))
    }
}

/// Token ids of a completion.
struct SimulatedCompletion {
    let prompt: [Int]
    let `private`: [Int]
    let plaintext: [Int]

    /// With texts, or without a tokenizer with ids between commas in their place.
    func reported(model: SelectedModel) throws -> CostReport.Completion {
        func text(_ ids: [Int]) throws -> String { try model.tokenizer?.decode(ids) ?? Self.list(ids) }
        return CostReport.Completion(
            prompt: try text(prompt), private: try text(`private`), plaintext: try text(plaintext), tokens: `private`)
    }

    /// Texts where there are any, quoted, so that no control character reaches a terminal, and ids.
    func text(_ completion: CostReport.Completion?) -> String {
        let names = ["prompt", "private completion", "plaintext completion"]
        let ids = [prompt, `private`, plaintext].map(Self.list)
        let texts = completion.map { [$0.prompt, $0.private, $0.plaintext ?? ""] } ?? ids
        var lines: [String] = []
        func add(_ name: String, _ text: String) {
            lines.append(name + String(repeating: " ", count: max(22 - name.count, 1)) + text)
        }
        if texts != ids { for (name, text) in zip(names, texts) { add(name, text.debugDescription) } }
        for (name, ids) in zip(["prompt ids", "private ids", "plaintext ids"], ids) { add(name, ids) }
        return lines.joined(separator: "\n") + "\n\n"
    }

    private static func list(_ ids: [Int]) -> String { ids.map(String.init).joined(separator: ",") }
}

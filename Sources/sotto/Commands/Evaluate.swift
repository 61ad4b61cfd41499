import ArgumentParser
import CostModel
import Foundation
import SottoModel
import SottoPrivateTransformer
import SottoSessions

/// Measures how well a model predicts a text.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the perplexity of a text, in plaintext and privately.",
        discussion: """
            The text is cut into windows that do not overlap, the last one shorter; in each, every token but the first is \
            predicted from those before it. The private runs are simulated in this process.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var input: InputOptions

    @Option(help: "Tokens of a window; by default the model's context.", transform: Number.integer(2...65536))
    var context: Int?

    @Option(help: "Windows at most; all unless given.", transform: Number.integer(Number.windows))
    var windows: Int?

    @Flag(help: "Also through the private computation, simulated.")
    var `private` = false

    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var machine: RunOptions
    @OptionGroup var range: RangeOptions
    @OptionGroup var files: LogitsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard input.inputIds != nil || input.text != nil || input.file != nil else {
            throw ValidationError("Give the text to predict with --file, --text or --input-ids")
        }
        if !`private`, files.logits != nil { throw ValidationError("--logits are those of a --private run") }
    }

    func run() throws {
        let selected = try model.load()
        let architecture = selected.architecture
        let window = context ?? architecture.context
        guard window <= architecture.context else {
            throw UsageError(
                "--context \(window) is more than the model's context of \(architecture.context); lower it.")
        }
        let tokens = try firstWindows(of: input.tokens(selected.tokenizer) ?? [], window)
        guard tokens.count >= 2 else { throw ReferenceModelError.tooFewTokens(count: tokens.count) }
        if let unknown = tokens.first(where: { !(0..<architecture.vocabulary).contains($0) }) {
            throw TokenizerError.unknownToken(unknown, vocabulary: architecture.vocabulary)
        }
        let profile = try protocols.profile()
        var evaluation = Evaluation(selected, window: window, exactOpenings: protocols.exactOpenings)
        var run =
            `private`
            ? PrivateRun(
                selected, profile: profile, seed: model.variant.seed, machine: machine,
                allowsOutOfRange: range.allowOutOfRange) : nil
        try evaluation.evaluate(
            tokens, private: &run, keepsLogits: files.logits != nil || files.plaintextLogits != nil)
        try LogitsOptions.write(
            evaluation.privateLogits, name: ForwardPass.logits, rows: evaluation.positions, to: files.logits)
        try LogitsOptions.write(
            evaluation.plaintextLogits, name: ForwardPass.logits, rows: evaluation.positions, to: files.plaintextLogits)
        var report = run?.session.report(
            CostReport.Configuration(
                model: selected.named.name, architecture: selected.named.notation,
                protocol: protocols.protocolName.rawValue, preprocessing: protocols.preprocessing.rawValue,
                profile: profile, context: window, positions: ForwardPass.Output.all.rawValue,
                insecure: true))
        report?.accuracy = evaluation.meter.accuracy
        report?.range = run?.range.finding.map { CostReport.Range($0) }
        report?.peakMemoryBytes = [peakMemoryBytes(), peakMemoryBytes()]
        report?.wireOverheadBytes = [0, 0]
        let result = EvaluationReport(evaluation, cost: report)
        try Output.write(
            output.tableFormat.map { result.rendered(as: $0, by: output.by.grouping, width: Terminal.width) }
                ?? JSONText.of(result))
    }
}

extension Evaluate {
    /// The tokens that are looked at.
    private func firstWindows(of tokens: [Int], _ window: Int) -> [Int] {
        guard let windows else { return tokens }
        let (count, isMore) = windows.multipliedReportingOverflow(by: window)
        return isMore ? tokens : Array(tokens.prefix(count))
    }
}

/// Losses over the windows of a text.
struct Evaluation {
    let model: SelectedModel
    let window: Int
    let exactOpenings: Bool
    private(set) var predictions = 0
    /// Positions whose logits were computed.
    private(set) var positions = 0
    private(set) var plaintextLoss = 0.0
    private(set) var privateLoss: Double?
    private(set) var meter = AccuracyMeter()
    private(set) var plaintextLogits: [Float] = []
    private(set) var privateLogits: [Float] = []

    init(_ model: SelectedModel, window: Int, exactOpenings: Bool) {
        self.model = model
        self.window = window
        self.exactOpenings = exactOpenings
    }

    mutating func evaluate(_ tokens: [Int], private run: inout PrivateRun?, keepsLogits: Bool) throws {
        let progress = ProgressBar("evaluating")
        defer { progress.finish() }
        let reference = ReferenceModel(model.weights)
        for start in stride(from: 0, to: tokens.count, by: window) {
            let part = Array(tokens[start..<min(start + window, tokens.count)])
            // A last window of one token has nothing to predict.
            guard part.count >= 2 else { break }
            let expected = try reference.logits(tokens: part)
            plaintextLoss += try ReferenceModel.losses(logits: expected, tokens: part).reduce(0, +)
            if keepsLogits { plaintextLogits += expected }
            if run != nil {
                let found = try run!.values(
                    ForwardPass(
                        architecture: model.architecture, new: part.count, output: .all, exactOpenings: exactOpenings),
                    input: ClientInput(tokens: part, vocabulary: model.architecture.vocabulary)
                ) { done, all in
                    progress.update((Double(start) + Double(part.count * done) / Double(all)) / Double(tokens.count))
                }
                meter.compare(found, with: expected, columns: model.architecture.vocabulary)
                let logits = found.map { Float($0) }
                privateLoss =
                    (privateLoss ?? 0) + (try ReferenceModel.losses(logits: logits, tokens: part).reduce(0, +))
                if keepsLogits { privateLogits += logits }
            }
            predictions += part.count - 1
            positions += part.count
            progress.update(Double(start + part.count) / Double(tokens.count))
        }
    }
}

/// Perplexities, and the cost of the private runs.
struct EvaluationReport: Encodable {
    let model: String
    let architecture: String
    let context: Int
    let predictions: Int
    let meanLoss: Double
    let privateMeanLoss: Double?
    let cost: CostReport?

    var perplexity: Double { exp(meanLoss) }
    var privatePerplexity: Double? { privateMeanLoss.map { exp($0) } }

    init(_ evaluation: Evaluation, cost: CostReport?) {
        model = evaluation.model.named.name
        architecture = evaluation.model.named.notation
        context = evaluation.window
        predictions = evaluation.predictions
        meanLoss = evaluation.plaintextLoss / Double(evaluation.predictions)
        privateMeanLoss = evaluation.privateLoss.map { $0 / Double(evaluation.predictions) }
        self.cost = cost
    }

    private enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case model, architecture, context, predictions, perplexity
        case meanLoss = "mean_loss"
        case privatePerplexity = "private_perplexity"
        case privateMeanLoss = "private_mean_loss"
    }

    /// The keys of the cost report, if there is one, and the perplexities in one object.
    func encode(to encoder: any Encoder) throws {
        try cost?.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(CostReport.currentSchemaVersion, forKey: .schemaVersion)
        try container.encode(model, forKey: .model)
        try container.encode(architecture, forKey: .architecture)
        try container.encode(context, forKey: .context)
        try container.encode(predictions, forKey: .predictions)
        try container.encode(perplexity, forKey: .perplexity)
        try container.encode(meanLoss, forKey: .meanLoss)
        try container.encodeIfPresent(privatePerplexity, forKey: .privatePerplexity)
        try container.encodeIfPresent(privateMeanLoss, forKey: .privateMeanLoss)
    }

    func rendered(as format: Table.Format, by grouping: Grouping, width: Int) -> String {
        var table = Table(
            columns: [.init("", .left), .init("perplexity"), .init("mean loss"), .init("predictions")])
        func decimal(_ value: Double) -> String { value.isNaN ? "NaN" : Quantity.decimal(value) }
        func row(_ name: String, _ loss: Double) -> Table.Row {
            .init([name, decimal(exp(loss)), decimal(loss), "\(predictions)"])
        }
        table.rows.append(row("plaintext", meanLoss))
        if let privateMeanLoss { table.rows.append(row("private", privateMeanLoss)) }
        guard let cost, format != .csv else { return table.rendered(as: format, width: width) }
        return table.rendered(as: format, width: width) + "\n"
            + cost.rendered(.init(grouping: grouping, format: format, width: width))
    }
}

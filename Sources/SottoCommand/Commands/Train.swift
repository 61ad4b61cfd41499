import ArgumentParser
import Foundation
import SottoTraining

/// Trains a model on the text of a directory.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a model on the text of a directory.",
        discussion: """
            Token ids are bytes. The output directory gets the model in Hugging Face's layout, training.json, the logs and \
            checkpoints; a run that was stopped or killed goes on when the same command is given again (without --restart), \
            and ends as if it had never stopped.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @OptionGroup var network: NetworkSizeOptions
    @OptionGroup var text: CorpusOptions
    @OptionGroup var training: TrainingOptions

    @Option(help: ArgumentHelp("Where the model, the logs and checkpoints go.", valueName: "dir"))
    var output: String

    @Option(help: "How the weights of the trained model are stored.")
    var precision: StoredPrecision = .f32

    @Option(
        help: ArgumentHelp("Write a row of the logs every N steps. (default: 1)", valueName: "N"),
        transform: Number.integer(1...1_000_000_000))
    var logEvery = 1

    @Option(
        help: ArgumentHelp(
            "Time between checkpoints; it does not influence results. (default: 60)", valueName: "seconds"),
        transform: Number.real(0...1e6))
    var checkpointEvery = 60.0

    @Flag(help: "Start anew where the output directory has a checkpoint or a model, which are removed.")
    var restart = false

    @Option(
        help: ArgumentHelp("Stop after step N with a checkpoint, to go on another time.", valueName: "N"),
        transform: Number.integer(1...1_000_000_000))
    var stopAfter: Int?

    @Option(help: "The form of the result.")
    var format: Format = .text

    @Flag(help: "Write diagnostics to standard error.")
    var verbose = false

    func run() throws {
        try checkOutput()
        let architecture = try network.network()
        let settings = try training.settings(for: architecture, isRegularised: network.isEntropyRegularised)
        let openBLAS = try OpenBLAS.load()
        if let remedy = openBLAS.kernels.remedy { Diagnostics.warn(remedy) }
        Diagnostics.logger(level: verbose ? .debug : .critical).info("products of matrices by \(openBLAS)")
        let corpus = try text.corpus()
        let run = try TrainingRun(
            architecture: architecture, settings: settings, corpus: corpus,
            directory: URL(fileURLWithPath: output, isDirectory: true), digest: .openSSL, openBLAS: openBLAS,
            logInterval: logEvery, options: options)
        if corpus.record.isUnusual { Diagnostics.warn("\(corpus.record.summary).") }
        if run.resumedAt > 0 { Diagnostics.warn("going on after step \(run.resumedAt) of \(settings.steps).") }
        let status = TrainingStatus(steps: settings.steps, tokensPerStep: settings.batch * architecture.context)
        let signals = StopSignals()
        let bar = ProgressBar("measuring")
        let outcome = try run.run {
            status.update($0)
        } measuring: {
            status.finish()
            bar.update($0)
        } isInterrupted: {
            signals.signal != nil
        }
        status.finish()
        bar.finish()
        switch outcome {
        case .finished(let record): try report(record, corpus.record)
        case .diverged(let divergence, let record):
            if format == .json { try Output.write(record.json()) }
            throw TrainingError.nonFiniteLoss(divergence)
        case .stopped(let step):
            let again = "give the same command again\(restart ? " without --restart" : "") to go on"
            let message = "Stopped after step \(step) of \(settings.steps); \(again)."
            if let signal = signals.signal { throw Interruption(signal: signal, message: message) }
            Diagnostics.warn(message)
        }
    }

    /// The run's own files must not become text of it when it goes on.
    private func checkOutput() throws {
        func components(_ path: String) -> [String] {
            URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL.resolvingSymlinksInPath().pathComponents
        }
        guard !components(output).starts(with: components(text.directory)) else {
            throw UsageError("--output must not be in --corpus: the run's own files would become text of it.")
        }
    }

    private var options: TrainingRun.Options {
        var options = TrainingRun.Options()
        options.checkpointInterval = .seconds(checkpointEvery)
        options.isRestart = restart
        options.stopAfter = stopAfter
        options.precision = precision.type
        return options
    }

    private func report(_ record: TrainingRecord, _ corpus: CorpusRecord) throws {
        guard format == .text else { return try Output.write(record.json()) }
        let heldOut = record.heldOut
        try Output.write(
            """
            \(record.architecture), \(record.sizes.layers) layers, width \(record.sizes.width), \
            \(record.sizes.parameters) weights: \(record.steps) steps, \(record.tokens) bytes, \
            \(Self.decimal(record.seconds)) s, \(Int(record.tokensPerSecond)) bytes/s
            text: \(corpus.summary)
            held out: loss \(Self.decimal(heldOut?.meanLoss)) nats, perplexity \(Self.decimal(heldOut?.perplexity)), \
            \(Self.decimal(heldOut?.bits)) bits a byte
            written to \(output)
            """)
    }

    private static func decimal(_ value: Double?) -> String {
        value.map { String(format: "%.4f", $0) } ?? "-"
    }
}

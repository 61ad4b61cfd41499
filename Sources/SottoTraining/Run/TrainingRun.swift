import Foundation
import SottoModel

/// A training run in a directory: goes on from the checkpoint that is there, keeps the logs, writes the model at the end.
///
/// The files are those of ``RunFiles``. A run that is stopped at any moment, or killed, and started again gives the same
/// logs and the same model, bit by bit, as one that never stopped.
public final class TrainingRun {
    /// What does not influence the results.
    public struct Options: Sendable {
        /// Time between checkpoints.
        public var checkpointInterval = Duration.seconds(60)
        /// Whether to start anew where there is a checkpoint, and to replace a model that is there.
        public var isRestart = false
        /// Stop, with a checkpoint, when so many updates are made.
        public var stopAfter: Int?
        /// How the weights of the trained model are stored.
        public var precision = SafeTensors.StoredType.float32

        /// The defaults.
        public init() {}
    }

    /// How a run ended.
    public enum Outcome: Sendable {
        /// All updates are made and the model is written.
        case finished(TrainingRecord)
        /// It can go on after so many updates.
        case stopped(step: Int)
        /// The loss became infinite or no number; there is no model.
        case diverged(Divergence, TrainingRecord)
    }

    /// How far a run has got.
    public struct Progress: Sendable {
        /// Updates made.
        public let step: Int
        public let report: StepReport
        /// Seconds in this process, and the updates made in them.
        public let seconds: Double
        public let updates: Int
    }

    public let plan: TrainingPlan
    public let files: RunFiles
    /// Updates that were made before, in another process.
    public let resumedAt: Int
    private let corpus: Corpus
    private let digest: ContentDigest
    private let options: Options
    private let lock: RunLock
    private let trainer: Trainer
    private let sampler: WindowSampler
    private let schedule: LearningRateSchedule
    private var log: TrainingLog
    private var lastStep: LastStep?
    private let earlierSeconds: Double

    /// Prepares a run: checks everything, creates the directory, reads the checkpoint or starts the logs.
    /// - Parameters:
    ///   - openBLAS: makes the products of matrices.
    ///   - logInterval: every how many steps the logs have a row.
    /// - Throws: ``CorpusError``, ``RunFileError`` or ``TrainingError``.
    public init(
        architecture: Architecture, settings: TrainingSettings, corpus: Corpus, directory: URL, digest: ContentDigest,
        openBLAS: OpenBLAS, logInterval: Int = 1, options: Options = .init()
    ) throws {
        self.corpus = corpus
        self.digest = digest
        self.options = options
        files = RunFiles(directory: directory)
        plan = TrainingPlan(
            architecture: architecture, settings: settings, corpus: corpus.record.digest, logInterval: logInterval)
        sampler = try WindowSampler(
            text: corpus.training, context: architecture.context, batch: settings.batch, seed: settings.seed)
        schedule = LearningRateSchedule(settings)
        trainer = try Trainer(architecture: architecture, settings: settings, openBLAS: openBLAS)
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        } catch {
            throw RunFileError.unwritable(path: directory.path)
        }
        lock = try RunLock(directory)
        if !options.isRestart, let checkpoint = try Self.checkpoint(in: files, of: plan, digest: digest) {
            try trainer.restore(checkpoint.state, step: checkpoint.step)
            log = try TrainingLog(resuming: files, lengths: checkpoint.header.logLengths)
            resumedAt = checkpoint.step
            lastStep = checkpoint.header.lastStep
            earlierSeconds = checkpoint.header.seconds
        } else {
            try Self.clear(files, replacesModel: options.isRestart)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try DurableFile.replace(files.corpus, with: encoder.encode(corpus.record))
            log = try TrainingLog(
                starting: files, heads: architecture.heads, hasThresholds: settings.regulariser != nil)
            resumedAt = 0
            earlierSeconds = 0
        }
    }

    /// Makes the updates that are left.
    /// - Parameters:
    ///   - progress: told after every update.
    ///   - measuring: told which fraction of the held-out text is measured, after the last update.
    ///   - isInterrupted: asked after every update; the run stops, with a checkpoint, where it says so.
    /// - Throws: ``RunFileError``, ``TrainingError`` or what writing the model throws.
    public func run(
        progress: (Progress) -> Void = { _ in }, measuring: (Double) -> Void = { _ in },
        isInterrupted: () -> Bool = { false }
    ) throws -> Outcome {
        let clock = ContinuousClock()
        let start = clock.now
        var saved = start
        func seconds() -> Double { (clock.now - start) / .seconds(1) }
        while trainer.step < plan.settings.steps {
            do {
                let report = try update()
                progress(
                    Progress(
                        step: trainer.step, report: report, seconds: seconds(), updates: trainer.step - resumedAt))
            } catch TrainingError.nonFiniteLoss(let divergence) {
                return try diverge(divergence, seconds: seconds())
            }
            let isStopping = isInterrupted() || trainer.step == options.stopAfter
            let isLast = trainer.step == plan.settings.steps
            if isStopping || isLast || clock.now - saved >= options.checkpointInterval {
                try save(seconds: seconds())
                saved = clock.now
            }
            if isStopping, !isLast { return .stopped(step: trainer.step) }
        }
        return try finish(seconds: seconds(), measuring: measuring)
    }

    private func update() throws -> StepReport {
        let step = trainer.step
        let rate = schedule.rate(step: step)
        let report = try trainer.update(windows: sampler.windows(step: step), learningRate: rate)
        lastStep = LastStep(loss: report.loss, entropies: report.entropies)
        let done = step + 1
        if done == 1 || done == plan.settings.steps || done.isMultiple(of: plan.logInterval) {
            try log.append(step: done, report, learningRate: rate, thresholds: trainer.thresholds)
        }
        return report
    }

    private func save(seconds: Double) throws {
        let state = trainer.state
        // A run that is about to diverge goes on from before that, and diverges again: no checkpoint has such numbers.
        guard state.allSatisfy({ $0.tensor.isFinite }) else { return }
        // A checkpoint must never be ahead of the logs.
        try log.synchronize()
        try Checkpoint.write(
            state,
            header: .init(
                plan: plan, step: trainer.step, lastStep: lastStep, logLengths: log.lengths,
                seconds: earlierSeconds + seconds),
            to: files.checkpoint, digest: digest)
    }

    private func finish(seconds: Double, measuring: (Double) -> Void) throws -> Outcome {
        let weights = try trainer.weights()
        let heldOut = try withoutActuallyEscaping(measuring) { measuring in
            try trainer.perplexity(
                of: corpus.heldOut.map(Int32.init), window: plan.architecture.context, progress: measuring)
        }
        try HuggingFaceModel.write(
            weights, to: files.directory, as: options.precision, usesByteTokenizer: true)
        let scales = weights.layers.compactMap { $0.scale.map(TrainingRecord.Scale.init) }
        let record = record(
            heldOut: .init(heldOut), scales: scales.count == weights.layers.count ? scales : nil, seconds: seconds)
        try write(record)
        return .finished(record)
    }

    private func diverge(_ divergence: Divergence, seconds: Double) throws -> Outcome {
        try log.synchronize()
        let record = record(diverged: divergence, seconds: seconds)
        // First the record: a configuration without one is taken for a model from elsewhere.
        try write(record)
        // The network without weights, so that its cost can still be told.
        let configuration = HuggingFaceConfiguration(architecture: plan.architecture, usesByteTokenizer: true)
        try DurableFile.replace(files.configuration, with: Data(configuration.json.utf8))
        return .diverged(divergence, record)
    }

    /// Writes the record, and the picture of the entropies beside it.
    private func write(_ record: TrainingRecord) throws {
        let curves = try EntropyCurves(log: files.entropies)
        let name = record.normalization.map { "\(record.architecture), \($0)" } ?? record.architecture
        try DurableFile.replace(
            files.curves, with: Data(curves.svg(name: name, maximum: record.maximumEntropy).utf8))
        try DurableFile.replace(files.record, with: Data(try record.json().utf8))
    }

    private func record(
        heldOut: TrainingRecord.HeldOut? = nil, scales: [TrainingRecord.Scale]? = nil, diverged: Divergence? = nil,
        seconds: Double
    ) -> TrainingRecord {
        let (architecture, settings) = (plan.architecture, plan.settings)
        let tokens = trainer.step * settings.batch * architecture.context
        let total = earlierSeconds + seconds
        return TrainingRecord(
            architecture: settings.regulariser == nil
                ? architecture.description : "EReg(\(architecture.description))",
            sizes: .init(architecture), settings: settings, normalization: settings.normalization?.description,
            corpus: plan.corpus, corpusBytes: .init(corpus.record), steps: trainer.step, tokens: tokens,
            finalLoss: lastStep?.loss, heldOut: heldOut,
            headEntropies: lastStep?.entropies ?? [],
            maximumEntropy: Foundation.log(Double(architecture.context)), thresholds: trainer.thresholds,
            scales: scales,
            diverged: diverged, seconds: total, tokensPerSecond: total > 0 ? Double(tokens) / total : 0)
    }
}

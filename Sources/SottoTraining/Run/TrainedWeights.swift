import Foundation
import SottoModel

/// The weights that a run's directory has, normalisations folded into the matrices.
public struct TrainedWeights: Sendable {
    public let weights: ModelWeights
    /// Whether token ids are bytes, as in all that training makes.
    public let usesByteTokenizer: Bool
    /// Updates made and updates planned; nil if the directory has only the model.
    public let progress: (step: Int, steps: Int)?

    /// Takes the weights of the checkpoint, also of a run that is not at its end; without one those of the model.
    /// - Throws: ``RunFileError``, ``TrainingError``, ``OpenBLASError``, or what reading a model throws.
    public init(directory: URL, digest: ContentDigest) throws {
        let files = RunFiles(directory: directory)
        func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
        if exists(files.checkpoint) {
            let checkpoint = try Checkpoint(contentsOf: files.checkpoint, digest: digest)
            // Only weights are asked for: no room is needed for the batch.
            var settings = checkpoint.plan.settings
            (settings.batch, settings.threads) = (1, 1)
            let trainer = try Trainer(
                architecture: checkpoint.plan.architecture, settings: settings, openBLAS: .load())
            try trainer.restore(checkpoint.state, step: checkpoint.step)
            weights = try trainer.weights()
            usesByteTokenizer = true
            progress = (checkpoint.step, checkpoint.plan.settings.steps)
        } else if exists(files.weights) {
            let model = try HuggingFaceModel(directory: directory)
            weights = try model.weights()
            usesByteTokenizer = model.configuration.usesByteTokenizer
            progress = nil
        } else {
            throw RunFileError.nothingTrained(path: directory.path)
        }
    }
}

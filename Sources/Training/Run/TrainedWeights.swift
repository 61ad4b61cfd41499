import Foundation
import Transformer

/// The weights that a run's directory has, normalisations folded into the matrices.
public struct TrainedWeights: Sendable {
    public let weights: ModelWeights
    /// Updates made and updates planned; nil if the directory has only the model.
    public let progress: (step: Int, steps: Int)?

    /// Takes the weights of the checkpoint, also of a run that is not at its end; without one those of the model.
    /// - Throws: ``RunFileError``, ``TrainingError``, or what reading a model throws.
    public init(directory: URL) throws {
        let files = RunFiles(directory: directory)
        func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
        if exists(files.checkpoint) {
            let checkpoint = try Checkpoint(contentsOf: files.checkpoint)
            let trainer = try Trainer(architecture: checkpoint.plan.architecture, settings: checkpoint.plan.settings)
            try trainer.restore(checkpoint.state, step: checkpoint.step)
            weights = try trainer.weights()
            progress = (checkpoint.step, checkpoint.plan.settings.steps)
        } else if exists(files.weights) {
            weights = try HuggingFaceModel(directory: directory).weights()
            progress = nil
        } else {
            throw RunFileError.nothingTrained(path: directory.path)
        }
    }
}

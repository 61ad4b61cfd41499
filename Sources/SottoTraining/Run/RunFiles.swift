import Foundation

/// The files of a training run, by their names in its output directory.
public struct RunFiles: Sendable, Hashable {
    /// The output directory.
    public let directory: URL

    /// The files in a directory.
    public init(directory: URL) {
        self.directory = directory
    }

    /// Everything that a run needs to go on.
    public var checkpoint: URL { file("checkpoint.safetensors") }
    /// Which text was used.
    public var corpus: URL { file("corpus.json") }
    /// A row for each logged step.
    public var log: URL { file("log.csv") }
    /// A row for each layer of each logged step.
    public var entropies: URL { file("entropies.csv") }
    /// The picture of them.
    public var curves: URL { file("entropies.svg") }
    /// A row for each layer of each logged step, with a regulariser only.
    public var thresholds: URL { file("thresholds.csv") }
    /// What came of the run.
    public var record: URL { file("training.json") }
    /// The trained model, in Hugging Face's layout.
    public var configuration: URL { file("config.json") }
    /// Its weights.
    public var weights: URL { file("model.safetensors") }

    /// What a run that starts anew removes, the checkpoint first: without it nothing else counts.
    var all: [URL] { [checkpoint, record, weights, configuration, log, entropies, curves, thresholds, corpus] }

    private func file(_ name: String) -> URL { directory.appendingPathComponent(name) }
}

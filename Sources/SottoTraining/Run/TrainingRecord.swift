import Foundation
import SottoJSON
import SottoModel

/// What came of a run: `training.json`.
public struct TrainingRecord: Sendable, Codable {
    /// How well the text that was held out is predicted.
    public struct HeldOut: Sendable, Hashable, Codable {
        /// nats a byte.
        public let meanLoss: Double
        /// `exp(meanLoss)`.
        public let perplexity: Double
        /// bits a byte.
        public let bits: Double
        /// Bytes predicted.
        public let predictions: Int

        init(_ perplexity: ReferenceModel.Perplexity) {
            meanLoss = perplexity.meanLoss
            self.perplexity = perplexity.value
            bits = perplexity.meanLoss / log(2)
            predictions = perplexity.predictions
        }
    }

    /// The sizes of the network.
    public struct Sizes: Sendable, Hashable, Codable {
        public let layers: Int
        public let heads: Int
        public let width: Int
        public let feedForwardWidth: Int
        public let context: Int
        public let vocabulary: Int
        public let parameters: Int

        init(_ architecture: Architecture) {
            layers = architecture.layers.count
            heads = architecture.heads
            width = architecture.width
            feedForwardWidth = architecture.feedForwardWidth
            context = architecture.context
            vocabulary = architecture.vocabulary
            parameters = architecture.parameterCount
        }
    }

    /// How much text there was.
    public struct CorpusSizes: Sendable, Hashable, Codable {
        /// Bytes trained on.
        public let training: Int
        /// Bytes held out.
        public let heldOut: Int
        /// How they were split.
        public let split: CorpusRecord.Split

        init(_ record: CorpusRecord) {
            training = record.training.bytes
            heldOut = record.heldOut.bytes
            split = record.split
        }
    }

    /// The factors of a scaled FFN.
    public struct Scale: Sendable, Hashable, Codable {
        public let alpha: Double
        public let beta: Double

        init(_ scale: ModelWeights.Scale) {
            alpha = Double(scale.alpha)
            beta = Double(scale.beta)
        }
    }

    /// The paper's name, or a systematic one.
    public let architecture: String
    public let sizes: Sizes
    public let settings: TrainingSettings
    /// The normalization of weights as `--normalization` takes it.
    public let normalization: String?
    /// ``CorpusRecord/digest``.
    public let corpus: String
    /// Both sides of the text; nil in records of earlier versions.
    public let corpusBytes: CorpusSizes?
    /// Updates made.
    public let steps: Int
    /// Tokens predicted in them.
    public let tokens: Int
    /// Of the last update, nats a byte.
    public let finalLoss: Double?
    /// nil of a run that diverged.
    public let heldOut: HeldOut?
    /// [layer][head] of the last update, natural logarithm, mean over batch and queries.
    public let headEntropies: [[Double]]
    /// log T, which an entropy cannot exceed.
    public let maximumEntropy: Double
    /// [layer][head], fractions of ``maximumEntropy``; with a regulariser only.
    public let thresholds: [[Double]]?
    /// One for each layer, where all FFNs are scaled.
    public let scales: [Scale]?
    /// Where the loss stopped being a number, if it did.
    public let diverged: Divergence?
    /// Time spent in training, without the held-out text.
    public let seconds: Double
    public let tokensPerSecond: Double
}

extension TrainingRecord {
    /// The record as JSON with keys in snake case.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Reads a record.
    /// - Throws: `JSONError` for what is no JSON, `DecodingError` for JSON that is no record.
    public init(json: Data) throws {
        // Foundation's decoder can end the process on a syntax error.
        _ = try JSONValue(parsing: json)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        self = try decoder.decode(Self.self, from: json)
    }
}

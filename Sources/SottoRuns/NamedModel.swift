import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSessions
import SottoTokenization

/// An architecture and what reports call it.
public struct NamedArchitecture: Sendable, Hashable {
    /// The model's name.
    public let name: String
    /// The architecture's name.
    public let notation: String
    public let architecture: Architecture

    /// - Parameter notation: the architecture's own description unless given.
    public init(name: String, notation: String? = nil, _ architecture: Architecture) {
        self.name = name
        self.notation = notation ?? architecture.description
        self.architecture = architecture
    }
}

/// A model with its weights, and what reports call it.
public struct NamedModel: Sendable {
    public let named: NamedArchitecture
    public let weights: ModelWeights
    /// nil if the model says nothing of one.
    public let tokenizer: (any Tokenizer)?
    /// Whether the weights were drawn, not trained.
    public let areWeightsRandom: Bool

    public var architecture: Architecture { named.architecture }

    public init(
        named: NamedArchitecture, weights: ModelWeights, tokenizer: (any Tokenizer)? = nil,
        areWeightsRandom: Bool = false
    ) {
        self.named = named
        self.weights = weights
        self.tokenizer = tokenizer
        self.areWeightsRandom = areWeightsRandom
    }

    /// A model as it was loaded.
    public init(_ loaded: LoadedModel) {
        self.init(
            named: NamedArchitecture(name: loaded.name, loaded.weights.architecture), weights: loaded.weights,
            tokenizer: loaded.tokenizer, areWeightsRandom: loaded.areWeightsRandom)
    }
}

extension CostReport.Configuration {
    /// What a report says of a run of the model.
    /// - Parameters:
    ///   - context: positions of the input; for a completion those of the prompt.
    ///   - insecure: whether one process could see what must be secret.
    public init(
        _ model: NamedArchitecture, _ protocols: SessionConfiguration, context: Int, output: ForwardPass.Output,
        insecure: Bool
    ) {
        self.init(
            model: model.name, architecture: model.notation, target: protocols.target, context: context,
            positions: output.rawValue, insecure: insecure)
    }
}

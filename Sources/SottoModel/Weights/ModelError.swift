import SottoJSON

/// Why a model was refused.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    /// Neither a built-in name nor a directory.
    case unknownModel(String)
    /// What is wrong with the model in a directory.
    case inDirectory(path: String, reason: String)
    /// A file of the model's directory is missing or unreadable.
    case missingFile(path: String)
    /// The tokenizer has ids beyond the embedding.
    case tokenizerTooLarge(tokens: Int, vocabulary: Int)
    /// A file could not be written.
    case unwritable(path: String)
    /// The configuration is no JSON object.
    case malformedConfiguration(reason: String)
    /// The index of a model in several files cannot be used.
    case malformedIndex(reason: String)
    /// A setting is missing or has a value that is not supported.
    case unsupportedSetting(key: String, value: String, supported: String)
    /// A setting has two names and another value under each.
    case contradictorySettings(key: String, value: String, otherKey: String, otherValue: String)
    /// The weights lack a tensor.
    case missingTensor(String)
    /// The weights have a tensor that the architecture has not.
    case unexpectedTensor(String)
    /// Two files of a model have a tensor of this name.
    case duplicateTensor(String, paths: [String])
    /// Two tensors are the same weight.
    case ambiguousTensor(names: [String])
    /// A tensor lacks the prefix that others have.
    case mixedPrefix(prefix: String, tensor: String)
    /// A tensor has another shape than the architecture says.
    case wrongShape(tensor: String, expected: [Int], found: [Int])
    /// A tensor holds an infinity or a NaN.
    case notFinite(tensor: String)
    /// A scale that divides is zero.
    case zeroDivisor(tensor: String)
    /// The file of the head differs from the token embedding that it is said to be tied to.
    case headNotTied(tensor: String)
    /// There are more weights than are drawn at random.
    case tooManyRandomWeights(count: Int, limit: Int)
    /// A model's weights cannot be drawn with this standard deviation.
    case invalidDeviation(Float)

    public var description: String {
        switch self {
        case .unknownModel(let name):
            "There is no model \(name.quoted): name a directory with config.json and model.safetensors, or one of "
                + "\(Architecture.presetNames.joined(separator: ", "))."
        case .inDirectory(let path, let reason):
            "\(path): \(reason)"
        case .missingFile(let path):
            "\(path) is missing or cannot be read; a model's directory holds config.json and model.safetensors."
        case .tokenizerTooLarge(let tokens, let vocabulary):
            "the tokenizer has ids 0 to \(tokens - 1) and the embedding (vocab_size) rows for 0 to \(vocabulary - 1); "
                + "use the tokenizer that the model was trained with."
        case .unwritable(let path):
            "\(path) cannot be written; choose a directory that can."
        case .malformedConfiguration(let reason):
            "config.json cannot be read: \(reason)."
        case .malformedIndex(let reason):
            "model.safetensors.index.json cannot be used: \(reason)."
        case .unsupportedSetting(let key, "missing", let supported):
            "config.json lacks \(key); add it: \(supported)."
        case .unsupportedSetting(let key, let value, let supported):
            "config.json has \(key) \(value), which is not supported; choose a model in which it is \(supported)."
        case .contradictorySettings(let key, let value, let otherKey, let otherValue):
            "config.json has \(key) \(value) and \(otherKey) \(otherValue), which mean the same; remove the wrong one."
        case .missingTensor(let tensor):
            "The weights lack the tensor \(tensor.quoted) that config.json calls for; export both from one model again."
        case .unexpectedTensor(let tensor):
            "The weights have a tensor \(tensor.quoted) that the architecture in config.json has no place for; export both "
                + "from one model again, without it."
        case .duplicateTensor(let tensor, let paths):
            "Tensor \(tensor.quoted) is in \(paths.joined(separator: " and in ")); remove it from one of them."
        case .ambiguousTensor(let names):
            "The tensors \(names.map(\.quoted).joined(separator: " and ")) are the same weight; remove one of them."
        case .mixedPrefix(let prefix, let tensor):
            "Tensor \(tensor.quoted) lacks the prefix \(prefix.quoted) that the token embedding has; give all tensors the "
                + "same one, or none."
        case .wrongShape(let tensor, let expected, let found):
            "Tensor \(tensor.quoted) has the shape \(found) where config.json calls for \(expected); export both from one "
                + "model again."
        case .notFinite(let tensor):
            "Tensor \(tensor.quoted) holds an infinity or a NaN; export the model again."
        case .zeroDivisor(let tensor):
            "Tensor \(tensor.quoted) divides and must not be zero."
        case .headNotTied(let tensor):
            "Tensor \(tensor.quoted) differs from the token embedding; set tie_word_embeddings to false in config.json."
        case .tooManyRandomWeights(let count, let limit):
            "The model has \(count) weights and none of its own, and no more than \(limit) are drawn at random; estimate it, "
                + "which needs none, or choose fewer layers."
        case .invalidDeviation(let deviation):
            "A standard deviation of \(deviation) is not possible; choose one that is finite and not negative."
        }
    }
}

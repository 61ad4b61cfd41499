import Foundation
import SottoTokenization

/// Where a model comes from: built in and trained, a preset with random weights, or a directory.
public enum ModelSource: Sendable, Hashable {
    /// A trained model among the package's resources.
    case builtIn(name: String)
    /// A preset that has no trained weights.
    case preset(name: String)
    /// A directory in Hugging Face's layout.
    case directory(URL)

    /// The names of the trained models that come with the package.
    public static let builtInNames = ["tiny", "tiny-scfu"]

    /// Finds out what a name stands for; a preset's name comes before a directory's.
    /// - Throws: ``ModelError/unknownModel(_:)`` if it is neither, ``ModelError/missingFile(path:)`` if the package's
    ///   resources are not where the program is.
    public init(_ name: String) throws {
        if Self.builtInNames.contains(name) {
            self = .builtIn(name: name)
        } else if Architecture.presetNames.contains(name) {
            self = .preset(name: name)
        } else {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: name, isDirectory: &isDirectory), isDirectory.boolValue else {
                throw ModelError.unknownModel(name)
            }
            self = .directory(URL(fileURLWithPath: name, isDirectory: true))
        }
    }

    /// A change to a model's architecture that a user asks for.
    public enum ArchitectureOverride: Sendable, Hashable {
        /// All layers as the paper's name says.
        case notation(Architecture.Notation)
        /// A JSON document as ``Architecture/applying(edits:)`` takes it.
        case edits(Data)
        /// Single parts as ``ArchitectureEdit`` names them.
        case parts([ArchitectureEdit])
        /// One change after the other.
        indirect case both(ArchitectureOverride, ArchitectureOverride)

        /// Reads one of the paper's names or, if it ends in `.json`, the file of that name.
        /// - Throws: ``ArchitectureError/unknownNotation(_:)`` or ``ModelError/missingFile(path:)``.
        public init(argument: String) throws {
            guard argument.hasSuffix(".json") else {
                self = .notation(try Architecture.Notation(argument))
                return
            }
            guard let edits = try? Data(contentsOf: URL(fileURLWithPath: argument)) else {
                throw ModelError.missingFile(path: argument)
            }
            self = .edits(edits)
        }

        /// The architecture with this change.
        /// - Throws: ``ArchitectureError``.
        public func applied(to architecture: Architecture) throws(ArchitectureError) -> Architecture {
            switch self {
            case .notation(let notation): try architecture.withNotation(notation)
            case .edits(let edits): try architecture.applying(edits: edits)
            case .parts(let edits): try architecture.applying(edits)
            case .both(let first, let second): try second.applied(to: first.applied(to: architecture))
            }
        }
    }

    /// The architecture, without reading or drawing any weights.
    /// - Throws: ``ModelError`` or ``ArchitectureError``.
    public func architecture(applying change: ArchitectureOverride? = nil) throws -> Architecture {
        let stored = try storedArchitecture()
        return try change?.applied(to: stored) ?? stored
    }

    /// The model's weights.
    ///
    /// A model that has none, because it is only a preset or because `change` makes another network of it, gets random
    /// weights of standard deviation 0.02.
    /// - Parameters:
    ///   - seed: what the random weights are drawn from.
    ///   - layers: how many layers random weights are drawn for, all if nil; stored weights are read whole.
    /// - Throws: ``ModelError``, ``ArchitectureError`` or ``SafeTensorsError``.
    public func load(
        applying change: ArchitectureOverride? = nil, seed: UInt64, layers: Int? = nil
    ) throws -> LoadedModel {
        let stored = try storedArchitecture()
        let architecture = try change?.applied(to: stored) ?? stored
        let directory = try directory()
        let (tokenizer, tokenizerFault) = try foundTokenizer(vocabulary: stored.vocabulary)
        if let directory, architecture.isSameNetwork(as: stored) {
            let (model, weights) = try located {
                let model = try HuggingFaceModel(directory: directory)
                return (model, try model.weights().declaring(architecture.bounds))
            }
            return LoadedModel(
                name: name, weights: weights, areWeightsRandom: false,
                tokenizer: tokenizer, tokenizerFault: tokenizerFault, strippedPrefix: model.strippedPrefix)
        }
        let drawn = try layers.map { count in try architecture.firstLayers(count) } ?? architecture
        return LoadedModel(
            name: name, weights: try .random(drawn, seed: seed), areWeightsRandom: true, tokenizer: tokenizer,
            tokenizerFault: tokenizerFault, strippedPrefix: nil)
    }

    /// The model's tokenizer, without reading any weights; nil if it has none.
    /// - Throws: ``ModelError``, ``ArchitectureError`` or `TokenizerError`.
    public func tokenizer() throws -> (any Tokenizer)? {
        let (tokenizer, fault) = try foundTokenizer(vocabulary: storedArchitecture().vocabulary)
        return try located {
            if let fault { throw fault }
            return tokenizer
        }
    }

    /// The tokenizer that the configuration names or whose files lie beside it, or why these are not supported.
    private func foundTokenizer(
        vocabulary: Int
    ) throws -> (tokenizer: (any Tokenizer)?, fault: TokenizerError?) {
        guard let directory = try directory() else { return (nil, nil) }
        return try located {
            if let named = try HuggingFaceModel.configuration(directory: directory).tokenizer { return (named, nil) }
            do {
                guard let tokenizer = try TokenizerDirectory(directory).tokenizer() else { return (nil, nil) }
                guard tokenizer.vocabulary <= vocabulary else {
                    throw ModelError.tokenizerTooLarge(tokens: tokenizer.vocabulary, vocabulary: vocabulary)
                }
                return (tokenizer, nil)
            } catch let error as TokenizerError {
                // Token ids can still be given.
                guard case .unsupported = error else { throw error }
                return (nil, error)
            }
        }
    }

    /// Loads a model by its name or directory; see ``load(applying:seed:layers:)``.
    public static func load(
        _ name: String, architectureOverride: ArchitectureOverride? = nil, seed: UInt64
    ) throws -> LoadedModel {
        try ModelSource(name).load(applying: architectureOverride, seed: seed)
    }

    /// What a report calls the model.
    public var name: String {
        switch self {
        case .builtIn(let name), .preset(let name): name
        case .directory(let url): url.lastPathComponent
        }
    }

    private func storedArchitecture() throws -> Architecture {
        if case .preset(let name) = self { return try .preset(named: name) }
        guard let directory = try directory() else { throw ModelError.unknownModel(name) }
        return try located { try HuggingFaceModel.configuration(directory: directory).architecture }
    }

    /// Says of which directory an error is, where there may be several.
    private func located<Result>(_ body: () throws -> Result) throws -> Result {
        guard case .directory(let url) = self else { return try body() }
        do {
            return try body()
        } catch let error as ModelError {
            // It has the file's path already.
            if case .missingFile = error { throw error }
            throw ModelError.inDirectory(path: url.path, reason: error.description)
        } catch let error as ArchitectureError {
            throw ModelError.inDirectory(path: url.path, reason: error.description)
        } catch let error as TokenizerError {
            throw ModelError.inDirectory(path: url.path, reason: error.description)
        }
    }

    private func directory() throws -> URL? {
        switch self {
        case .builtIn(let name): try Self.resources().appendingPathComponent(name, isDirectory: true)
        case .preset: nil
        case .directory(let url): url
        }
    }

    /// The directory of the built-in models.
    private static func resources() throws -> URL {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try ResourceDirectory("Models", target: "SottoModel", source: source).url()
    }
}

/// A model ready to run.
public struct LoadedModel: Sendable {
    /// The preset's or the directory's name.
    public let name: String
    /// Architecture and weights.
    public let weights: ModelWeights
    /// Whether the weights were drawn, not trained.
    public let areWeightsRandom: Bool
    /// The tokenizer, or nil if the model has none that is supported.
    public let tokenizer: (any Tokenizer)?
    /// What of the model's tokenizer is not supported.
    public let tokenizerFault: TokenizerError?
    /// ``HuggingFaceModel/strippedPrefix``.
    public let strippedPrefix: String?
}

extension HuggingFaceConfiguration {
    /// The tokenizer that the configuration names.
    public var tokenizer: (any Tokenizer)? {
        usesByteTokenizer ? ByteTokenizer() : nil
    }
}

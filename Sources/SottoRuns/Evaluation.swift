import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSessions
import SottoTokenization

/// How well a model predicts a text, in plaintext and through the private computation.
///
/// The text is cut into windows that do not overlap, the last one shorter; in each, every token but the first is predicted
/// from those before it.
public struct Evaluation: Sendable {
    public let report: EvaluationReport
    /// Positions whose logits were computed: the rows of both logits.
    public private(set) var positions = 0
    /// `[positions, vocabulary]`; empty unless they were to be kept.
    public private(set) var plaintextLogits: [Float] = []
    public private(set) var privateLogits: [Float] = []

    /// Evaluates a model.
    /// - Parameters:
    ///   - window: tokens of a window; the model's context unless given.
    ///   - limit: windows at most.
    ///   - simulation: how the private computation is simulated in this process; nil for plaintext alone.
    ///   - keepsLogits: whether to keep them, a number for each position and token of the vocabulary.
    ///   - progress: told the fraction done, from any thread.
    /// - Throws: ``RunError/windowTooLong(window:context:)``, `ReferenceModelError` for fewer than 2 tokens in the text or
    ///   a window, `TokenizerError`, and what ``SimulatedSession/run(_:_:progress:)`` throws.
    public init(
        of model: NamedModel, on text: [Int], window: Int? = nil, limit: Int? = nil,
        simulation: SimulationOptions? = nil, protocols: SessionConfiguration = .standard,
        keepsLogits: Bool = false, progress: (@Sendable (Double) -> Void)? = nil
    ) throws {
        let window = window ?? model.architecture.context
        let tokens = try Self.checked(text, model.architecture, window: window, limit: limit)
        let reference = ReferenceModel(model.weights)
        // Windows that have something to predict.
        let inferences = (tokens.count + window - 2) / window
        var session = simulation.map {
            SimulatedSession(model, protocols: protocols, inferences: inferences, options: $0)
        }
        var losses = Losses()
        var meter = AccuracyMeter()
        for start in stride(from: 0, to: tokens.count, by: window) {
            let part = Array(tokens[start..<min(start + window, tokens.count)])
            // A last window of one token has nothing to predict.
            guard part.count >= 2 else { break }
            let expected = try reference.logits(tokens: part)
            try losses.add(expected, of: part)
            if keepsLogits { plaintextLogits += expected }
            let found = try session?.run(
                ForwardPass(
                    architecture: model.architecture, new: part.count, output: .all,
                    exactOpenings: protocols.exactOpenings),
                ClientInput(tokens: part, vocabulary: model.architecture.vocabulary)
            ) { done, all in
                progress?((Double(start) + Double(part.count * done) / Double(all)) / Double(tokens.count))
            }
            if let found {
                meter.compare(found, with: expected, columns: model.architecture.vocabulary)
                let logits = found.map { Float($0) }
                try losses.add(private: logits, of: part)
                if keepsLogits { privateLogits += logits }
            }
            positions += part.count
            progress?(Double(start + part.count) / Double(tokens.count))
        }
        var cost = session?.report(context: window, output: .all)
        cost?.accuracy = meter.accuracy
        report = EvaluationReport(model.named, window: window, losses, cost: cost)
    }

    /// The tokens that are looked at.
    private static func checked(
        _ text: [Int], _ architecture: Architecture, window: Int, limit: Int?
    ) throws -> [Int] {
        guard window <= architecture.context else {
            throw RunError.windowTooLong(window: window, context: architecture.context)
        }
        var tokens = text
        if let limit {
            let (count, isMore) = limit.multipliedReportingOverflow(by: window)
            if !isMore { tokens = Array(text.prefix(max(count, 0))) }
        }
        guard tokens.count >= 2, window >= 2 else {
            throw ReferenceModelError.tooFewTokens(count: min(tokens.count, window))
        }
        if let unknown = tokens.first(where: { !(0..<architecture.vocabulary).contains($0) }) {
            throw TokenizerError.unknownToken(unknown, vocabulary: architecture.vocabulary)
        }
        return tokens
    }
}

/// Sums over the windows of a text.
struct Losses {
    private(set) var predictions = 0
    private(set) var plaintext = 0.0
    private(set) var `private`: Double?

    mutating func add(_ logits: [Float], of tokens: [Int]) throws {
        plaintext += try ReferenceModel.losses(logits: logits, tokens: tokens).reduce(0, +)
        predictions += tokens.count - 1
    }

    mutating func add(private logits: [Float], of tokens: [Int]) throws {
        `private` = (`private` ?? 0) + (try ReferenceModel.losses(logits: logits, tokens: tokens).reduce(0, +))
    }
}

import SottoAlgebra
import SottoModel
import SottoSecureComputation

/// What of a model is run: how many positions, after how many earlier ones, and what is opened.
public struct ForwardPass: Sendable, Hashable, Codable {
    /// Which positions' logits the client learns.
    public enum Output: String, Sendable, Hashable, Codable, CaseIterable {
        case last
        case all
        /// No embedding, final norm and head: hidden states in and out.
        case blocks
    }

    public let architecture: Architecture
    /// Positions whose keys and values earlier passes of the generation have opened under masks.
    public let past: Int
    public let new: Int
    public let output: Output
    /// Whether what is opened is truncated exactly before, so that nothing in it depends on the shares.
    public let exactOpenings: Bool
    /// Whether it is one of a generation, whose keys and values stay opened under masks for the passes after it.
    public let keeps: Bool

    /// - Parameter keeps: always where there is a past.
    /// - Throws: ``ArchitectureError/sizeOutOfRange(name:size:limit:)`` unless there is a new position and all of them fit
    ///   the context.
    public init(
        architecture: Architecture, past: Int = 0, new: Int, output: Output, exactOpenings: Bool = false,
        keeps: Bool = false
    ) throws {
        // Both may be a stranger's numbers.
        let (total, isTooLarge) = past.addingReportingOverflow(new)
        guard past >= 0, new >= 1, !isTooLarge, total <= architecture.context else {
            let size = !isTooLarge ? total : past < 0 ? .min : .max
            throw ArchitectureError.sizeOutOfRange(
                name: "number of positions", size: size, limit: architecture.context)
        }
        self.architecture = architecture
        self.past = past
        self.new = new
        self.output = output
        self.exactOpenings = exactOpenings
        self.keeps = keeps || past > 0
    }

    private enum CodingKeys: String, CodingKey { case architecture, past, new, output, exactOpenings, keeps }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            architecture: container.decode(Architecture.self, forKey: .architecture),
            past: container.decode(Int.self, forKey: .past), new: container.decode(Int.self, forKey: .new),
            output: container.decode(Output.self, forKey: .output),
            exactOpenings: container.decodeIfPresent(Bool.self, forKey: .exactOpenings) ?? false,
            keeps: container.decodeIfPresent(Bool.self, forKey: .keeps) ?? false)
    }

    public var total: Int { past + new }

    /// Name of what the client learns.
    public static let logits = "logits"
    public static let hidden = "hidden"
    public static let tokens = "tokens"

    /// Name of what the program opens to the client.
    public var outputName: String { output == .blocks ? Self.hidden : Self.logits }

    /// Positions whose output the client learns.
    public var outputPositions: Int { output == .last ? 1 : new }
}

extension ForwardPass {
    /// The forward pass as a secure program.
    public func program(target: Target, tiling: Tiling = .standard) throws -> Program {
        let builder = TransformerBuilder(self, ProgramBuilder(target: target, tiling: tiling))
        try builder.build()
        return builder.builder.finish()
    }
}

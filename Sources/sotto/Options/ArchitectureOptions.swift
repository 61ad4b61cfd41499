import ArgumentParser
import Transformer

/// Changes to an architecture, by name, by file and part by part.
struct ArchitectureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The paper's name of an architecture, or a JSON file with edits.", valueName: "A|FILE.json"))
    var architecture: String?

    @Option(
        name: .customLong("edit"),
        help: ArgumentHelp(
            "Change one part, such as layers[3].ffn.activation=relu or final_norm=none; may be repeated.",
            valueName: "path=value"))
    var edits: [String] = []

    /// What the options change, if they change anything.
    /// - Throws: ``UsageError``.
    func override() throws -> ModelSource.ArchitectureOverride? {
        let base = try Self.architecture(architecture)
        guard !edits.isEmpty else { return base }
        let parts = ModelSource.ArchitectureOverride.parts(try Self.edits(edits))
        return base.map { .both($0, parts) } ?? parts
    }

    /// The change that a name of the paper or a file stands for.
    static func architecture(_ argument: String?) throws -> ModelSource.ArchitectureOverride? {
        do {
            return try argument.map { try ModelSource.ArchitectureOverride(argument: $0) }
        } catch let error as ArchitectureError {
            throw UsageError(error.description)
        }
    }

    static func edits(_ arguments: [String]) throws -> [ArchitectureEdit] {
        do {
            return try arguments.map { try ArchitectureEdit($0) }
        } catch let error as ArchitectureError {
            throw UsageError(error.description)
        }
    }
}

import ArgumentParser
import SottoModel

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

    /// What the options make of a model's own architecture.
    /// - Throws: ``UsageError`` if a name or a single part of the command line does not fit it, and what the contents of a
    ///   file of edits throw.
    func architecture(of source: ModelSource) throws -> Architecture {
        try architecture(of: source.architecture())
    }

    func architecture(of stored: Architecture) throws -> Architecture {
        let base = try Self.architecture(architecture).map { try Self.apply($0, to: stored) } ?? stored
        return try Self.apply(.parts(Self.edits(edits)), to: base)
    }

    /// A change to an architecture; what is in a file is data, all else is the command line's.
    static func apply(_ change: ModelSource.ArchitectureOverride, to base: Architecture) throws -> Architecture {
        do {
            return try change.applied(to: base)
        } catch {
            if case .edits = change { throw error }
            throw UsageError(error.description)
        }
    }

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

import ArgumentParser
import Foundation
import SottoTraining

/// Which text is trained on.
struct CorpusOptions: ParsableArguments {
    @Option(
        name: .customLong("corpus"),
        help: ArgumentHelp("A directory with text; all files in it and below are read.", valueName: "dir"))
    var directory: String

    @Option(
        help: ArgumentHelp(
            "Only files whose names end so, separated by commas, such as py,md; by default all that are UTF-8 text.",
            valueName: "a,b"))
    var extensions: CommaList<String>?

    @Option(
        name: .customLong("exclude"),
        help: ArgumentHelp(
            "Leave out files and directories of this name, in which * stands for any characters; may be repeated.",
            valueName: "name"))
    var excluded: [String] = []

    @Option(
        help: ArgumentHelp("Hold out about one file in N to measure with. (default: 20)", valueName: "N"),
        transform: Number.integer(2...256))
    var heldOut = 20

    @Flag(
        help: ArgumentHelp(
            "Hold out whole files also where that leaves less to train on than it holds out; by default the end of the "
                + "text is held out then."))
    var allowSmallTrainingSet = false

    func validate() throws {
        let names = excluded + (extensions?.elements ?? [])
        guard !names.contains(where: { $0.isEmpty || $0.contains("/") }) else {
            throw ValidationError("--exclude and --extensions take names, not paths")
        }
    }

    /// - Throws: `CorpusError`.
    func corpus() throws -> Corpus {
        let suffixes = (extensions?.elements ?? []).map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
        return try Corpus(
            directory: URL(fileURLWithPath: directory, isDirectory: true),
            selection: CorpusSelection(
                extensions: suffixes, excluded: excluded.map { NamePattern($0) }, heldOutDivisor: heldOut,
                allowsSmallTrainingSet: allowSmallTrainingSet), digest: .openSSL)
    }
}

import Foundation
import SottoModel
import Training

/// A model of `sotto table`, and what is known of its training.
struct ComparedModel {
    let source: ModelSource
    /// What rows call it: its own name, or its path where another model has the same.
    let name: String
    /// What `sotto train` left beside it.
    let record: TrainingRecord?

    /// Reads a list of models between commas. A path may contain a comma.
    /// - Throws: `ModelError` if there is no such model, ``DataError`` if its training is not at its end.
    static func list(_ argument: String) throws -> [ComparedModel] {
        let isOne = FileManager.default.fileExists(atPath: argument)
        let names =
            isOne ? [argument] : argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let sources = try names.map { try ModelSource($0) }
        return try zip(names, sources).map { name, source in
            let isAlone = sources.count { $0.name == source.name } == 1
            return ComparedModel(
                source: source, name: isAlone ? source.name : name, record: try record(of: source))
        }
    }

    private static func record(of source: ModelSource) throws -> TrainingRecord? {
        guard case .directory(let url) = source else { return nil }
        let files = RunFiles(directory: url)
        func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
        guard let data = try? Data(contentsOf: files.record) else {
            guard !exists(files.checkpoint) || exists(files.configuration) else {
                throw DataError(
                    "\(url.path) holds a run that is not at its end; go on with sotto train, or export its checkpoint.")
            }
            return nil
        }
        guard let record = try? TrainingRecord(json: data) else {
            throw DataError("\(files.record.path) cannot be read; train again, or remove it.")
        }
        return record
    }

    /// What the network was called in training.
    var trainedName: String? {
        record.map { record in
            record.architecture + (record.normalization.map { ", \($0)" } ?? "")
        }
    }

    /// The perplexity of the held-out text in windows of this length; NaN if training diverged, nil if it was not measured.
    func heldOutPerplexity(window: Int) -> Double? {
        guard let record else { return nil }
        if record.diverged != nil { return .nan }
        return record.sizes.context == window ? record.heldOut?.perplexity : nil
    }
}

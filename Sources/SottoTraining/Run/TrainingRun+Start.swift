import Foundation

extension TrainingRun {
    /// The checkpoint in a directory, if there is one.
    /// - Throws: ``RunFileError`` if it is damaged or of another run.
    static func checkpoint(
        in files: RunFiles, of plan: TrainingPlan, digest: ContentDigest
    ) throws(RunFileError) -> Checkpoint? {
        guard FileManager.default.fileExists(atPath: files.checkpoint.path) else { return nil }
        let checkpoint = try Checkpoint(contentsOf: files.checkpoint, digest: digest)
        if let difference = plan.firstDifference(from: checkpoint.plan) {
            throw .otherRun(
                path: files.directory.path, what: difference.what, here: difference.here, there: difference.there)
        }
        return checkpoint
    }

    /// Removes what an earlier run has left.
    /// - Throws: ``RunFileError``.
    static func clear(_ files: RunFiles, replacesModel: Bool) throws(RunFileError) {
        func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
        // A run that diverged leaves a configuration and a record.
        let hasModel = exists(files.weights) || exists(files.configuration) && !exists(files.record)
        guard replacesModel || !hasModel else { throw .foreignModel(path: files.directory.path) }
        for file in files.all where exists(file) {
            do {
                try FileManager.default.removeItem(at: file)
            } catch {
                throw .unwritable(path: file.path)
            }
        }
    }
}

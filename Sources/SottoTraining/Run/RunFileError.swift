/// Why the files of a training run cannot be used.
public enum RunFileError: Error, Equatable, CustomStringConvertible {
    /// A file or directory cannot be written.
    case unwritable(path: String)
    /// The system refused to write, for instance because the disk is full.
    case writeFailed(path: String, reason: String)
    /// The checkpoint is damaged, or no checkpoint.
    case damagedCheckpoint(path: String, reason: String)
    /// The checkpoint is of a run with something else.
    case otherRun(path: String, what: String, here: String, there: String)
    /// A log ends before the checkpoint, or is none.
    case shortLog(path: String)
    /// Another process writes to the directory.
    case inUse(path: String)
    /// The directory has a model that no run left there.
    case foreignModel(path: String)
    /// There is nothing to export.
    case nothingTrained(path: String)
    /// A run has left a checkpoint and no model yet.
    case unfinished(path: String)
    /// What came of a run cannot be read.
    case damagedRecord(path: String)

    public var description: String {
        switch self {
        case .unwritable(let path):
            "\(path) cannot be written; choose a directory that can, on a disk with room."
        case .writeFailed(let path, let reason):
            "\(path) cannot be written (\(reason)); make room or mend it and give the same command again: a run goes on from "
                + "its last checkpoint."
        case .damagedCheckpoint(let path, let reason):
            "The checkpoint \(path) cannot be used: \(reason); start again with --restart."
        case .otherRun(let path, let what, let here, let there):
            "\(path) has a checkpoint of another run, whose \(what) is \(there) and not \(here); go on with the same, "
                + "choose another directory, or start again with --restart."
        case .shortLog(let path):
            "\(path) ends before the checkpoint does, or is no log of a run; start again with --restart."
        case .inUse(let path):
            "Another process trains into \(path); wait for it or choose another directory."
        case .foreignModel(let path):
            "\(path) has a model but no checkpoint of it; choose another directory, or replace it with --restart."
        case .nothingTrained(let path):
            "\(path) has neither a checkpoint nor a model; name the --output of sotto train."
        case .unfinished(let path):
            "\(path) holds a run that is not at its end; go on with sotto train, or export its checkpoint."
        case .damagedRecord(let path):
            "\(path) cannot be read; train again, or remove it."
        }
    }
}

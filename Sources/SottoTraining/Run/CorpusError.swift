/// Why a text cannot be trained on.
public enum CorpusError: Error, Equatable, CustomStringConvertible {
    /// There is no such directory.
    case noDirectory(path: String)
    /// A file is there but cannot be read.
    case unreadable(path: String)
    /// No file of the directory is text of the chosen kind.
    case noText(path: String)
    /// A side of the text is shorter than what is taken from it.
    case tooLittleText(bytes: Int, needed: Int)
    /// Less is trained on than is held out.
    case smallTrainingSet(bytes: Int, heldOut: Int)
    /// One file in so few cannot be held out.
    case invalidHeldOut(Int)

    public var description: String {
        switch self {
        case .noDirectory(let path): "\(path) is no directory; name one that holds text to train on."
        case .unreadable(let path): "\(path) cannot be read; make it readable or leave it out with --exclude."
        case .noText(let path):
            "\(path) has no text of the chosen kind; check --extensions and --exclude, and that the files are UTF-8."
        case .tooLittleText(let bytes, let needed):
            "The text to train on has \(bytes) bytes but one window takes \(needed); give more text or a shorter context."
        case .smallTrainingSet(let bytes, let heldOut):
            "There are \(bytes) bytes to train on and \(heldOut) held out; give more text, or go on with "
                + "--allow-small-training-set."
        case .invalidHeldOut(let divisor):
            "One file in \(divisor) cannot be held out; choose 2 to 256."
        }
    }
}

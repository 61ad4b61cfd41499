import SottoTransport

/// Why keys that were dealt ahead cannot be had. A message may reach the other party: it names no path and no byte of a key.
public enum KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A call of the system on the file failed.
    case system(doing: String, reason: String)
    case exists(name: String)
    case readableByOthers
    case notRegular
    /// Another process, or another session of this one, works with it.
    case inUse
    case notAKeyFile
    case otherVersion(Int, ours: Int)
    case wrongLength(expected: Int, actual: Int)
    /// A checksum is wrong, or what it stands over cannot be.
    case damaged(part: String)
    case otherParty(file: String, party: String)
    case otherTarget(file: String, session: String)
    case otherSet(ours: String, theirs: String)
    case malformedOffer(peer: String)
    case otherWeights
    case otherModel
    case otherRun(number: Int, holds: String, wanted: String)
    case usedUp(runs: Int)
    case notAgreed
    case notDealable(String)

    public var description: String { fileDescription ?? useDescription }

    private var fileDescription: String? {
        switch self {
        case .system(let doing, let reason):
            "A key file could not be \(doing) (\(reason)); check path, rights and disk."
        case .exists(let name):
            "\(name) is there already, and keys are never overwritten; name another directory, or remove the file."
        case .readableByOthers: "Others than its owner may read the key file; take their rights away (chmod 600)."
        case .notRegular: "The key file is no regular file; name one that sotto deal --to has written."
        case .inUse:
            "The key file is in use by another process or session; wait for its end, or deal another set for this one."
        case .notAKeyFile: "The key file is none, or was not finished; name one that sotto deal --to has written."
        case .otherVersion(let version, let ours):
            "The key file has version \(version) and this program reads \(ours); deal anew with this version."
        case .wrongLength(let expected, let actual):
            "The key file has \(actual) bytes instead of \(expected); it was cut or added to: deal a new set."
        case .damaged(let part): "The key file is damaged (\(part)); deal a new set."
        default: nil
        }
    }

    private var useDescription: String {
        switch self {
        case .otherParty(let file, let party):
            "The key file is the \(file)'s and this party is the \(party); give each party its own file."
        case .otherTarget(let file, let session):
            "The key file is for \(file) and the session for \(session); start both parties as the keys were dealt."
        case .otherSet(let ours, let theirs):
            "The parties' key files are of different sets, \(ours) here and \(theirs) there; give both files of one set."
        case .malformedOffer(let peer):
            "What \(peer) said of its key file cannot be; install the same version of Sotto on both."
        case .otherWeights:
            "The keys have masked another model's weights before, and a mask hides one value only; deal a set for this model."
        case .otherModel: "The keys were dealt for another model or other outputs; deal a set for this one."
        case .otherRun(let number, let holds, let wanted):
            "Run \(number) of the key file is of \(holds), and \(wanted) is wanted; deal a set with the lengths of this run."
        case .usedUp(let runs): "All \(runs) runs of the key file are used; deal a new set."
        case .notAgreed: "The parties have not agreed on where their keys go on; run the setup first."
        case .notDealable(let reason): "No keys can be dealt ahead: \(reason)."
        default: ""
        }
    }
}

extension KeyFileError: SessionFailure {
    package var abortKind: AbortKind {
        switch self {
        case .inUse: .busy
        default: .refused
        }
    }
}

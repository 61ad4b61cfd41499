import Foundation

/// Exactly which text a model was trained on and measured with: `corpus.json`.
public struct CorpusRecord: Sendable, Hashable, Codable {
    /// How the text was split.
    public enum Split: String, Sendable, Hashable, Codable {
        /// Whole files are held out.
        case files
        /// The last bytes of the whole text are.
        case lastBytes = "last_bytes"
    }

    /// One side of the split.
    public struct Side: Sendable, Hashable, Codable {
        /// Its length.
        public let bytes: Int
        /// Its SHA-256, in hexadecimal.
        public let sha256: String

        init(_ text: [UInt8], _ digest: ContentDigest) throws {
            bytes = text.count
            sha256 = try digest.digits(of: text)
        }
    }

    /// One file.
    public struct File: Sendable, Hashable, Codable {
        /// Relative to the directory.
        public let path: String
        /// Its length.
        public let bytes: Int
        /// Whether it is held out as a whole.
        public let isHeldOut: Bool

        private enum CodingKeys: String, CodingKey {
            case path, bytes
            case isHeldOut = "held_out"
        }
    }

    /// What was asked for.
    public let selection: CorpusSelection
    public let split: Split
    public let training: Side
    public let heldOut: Side
    /// Those that were read, in order.
    public let files: [File]
    /// Selected files that are no UTF-8 text, and were left out.
    public let notText: [String]

    /// Both sides' lengths, and how they were split, in a few words.
    public var summary: String {
        let how =
            switch split {
            case .files: "\(files.count(where: \.isHeldOut)) of \(files.count) files"
            case .lastBytes: "the end of the text"
            }
        return "\(training.bytes) bytes to train on, \(heldOut.bytes) held out (\(how))"
    }

    /// Whether the split is none that one expects: not of whole files though there are several, or with less to train on
    /// than is held out.
    public var isUnusual: Bool { split == .lastBytes && files.count > 1 || training.bytes < heldOut.bytes }

    /// What tells this text and split from any other: both sides' digests.
    package var digest: String { "\(training.sha256)/\(heldOut.sha256)" }

    private enum CodingKeys: String, CodingKey {
        case selection, split, training, files
        case heldOut = "held_out"
        case notText = "not_text"
    }
}

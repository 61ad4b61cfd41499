import Foundation

/// A text to train on and one to measure with, as bytes.
public struct Corpus: Sendable {
    /// What is trained on.
    public let training: [UInt8]
    /// What is held out.
    public let heldOut: [UInt8]
    /// Where both come from.
    public let record: CorpusRecord

    /// Reads the selected text of a directory.
    ///
    /// The files of a side are joined by newlines in the order of their paths. If the split by files leaves a side without
    /// anything, or less to train on than to hold out, the last part of the whole text is held out instead: one byte in
    /// ``CorpusSelection/heldOutDivisor``.
    /// - Throws: ``CorpusError``.
    public init(directory: URL, selection: CorpusSelection = .init(), digest: ContentDigest) throws {
        guard (2...256).contains(selection.heldOutDivisor) else {
            throw CorpusError.invalidHeldOut(selection.heldOutDivisor)
        }
        var files: [TextFile] = []
        var skipped: [String] = []
        for path in try selection.paths(in: directory) {
            let url = directory.appendingPathComponent(path)
            guard let data = try? Data(contentsOf: url) else { throw CorpusError.unreadable(path: url.path) }
            let bytes = [UInt8](data)
            guard Self.isText(bytes) else {
                skipped.append(path)
                continue
            }
            let first = try digest.bytes(of: Array(path.utf8))[0]
            files.append(
                TextFile(path: path, bytes: bytes, isHeldOut: Int(first).isMultiple(of: selection.heldOutDivisor)))
        }
        guard files.contains(where: { !$0.bytes.isEmpty }) else { throw CorpusError.noText(path: directory.path) }
        var training = Self.joined(files.filter { !$0.isHeldOut })
        var heldOut = Self.joined(files.filter(\.isHeldOut))
        // One byte predicts nothing.
        let isSplitByFiles =
            training.count >= 2 && heldOut.count >= 2
            && (training.count >= heldOut.count || selection.allowsSmallTrainingSet)
        if !isSplitByFiles {
            let whole = Self.joined(files)
            let kept = whole.count - max(whole.count / selection.heldOutDivisor, min(2, whole.count))
            training = Array(whole[..<kept])
            heldOut = Array(whole[kept...])
        }
        guard training.count >= heldOut.count || selection.allowsSmallTrainingSet else {
            throw CorpusError.smallTrainingSet(bytes: training.count, heldOut: heldOut.count)
        }
        self.training = training
        self.heldOut = heldOut
        record = CorpusRecord(
            selection: selection, split: isSplitByFiles ? .files : .lastBytes,
            training: try .init(training, digest), heldOut: try .init(heldOut, digest),
            files: files.map { .init(path: $0.path, bytes: $0.bytes.count, isHeldOut: isSplitByFiles && $0.isHeldOut) },
            notText: skipped)
    }

    private struct TextFile {
        let path: String
        let bytes: [UInt8]
        let isHeldOut: Bool
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }

    private static func joined(_ files: [TextFile]) -> [UInt8] {
        Array(files.map(\.bytes).joined(separator: [UInt8(ascii: "\n")]))
    }
}

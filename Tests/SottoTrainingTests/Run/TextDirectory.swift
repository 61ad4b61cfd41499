import Foundation
import SottoTraining

/// A directory of text files that goes when the value does.
final class TextDirectory {
    let url: URL

    /// - Parameter files: contents by relative path.
    init(_ files: [String: String] = [:]) throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-training-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (path, text) in files { try write(Data(text.utf8), path) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ data: Data, _ path: String) throws {
        let file = url.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    /// The text of the files; the directory lives until it is read.
    func corpus(_ selection: CorpusSelection = .init()) throws -> Corpus {
        try withExtendedLifetime(self) { try Corpus(directory: url, selection: selection, digest: .openSSL) }
    }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: file(name)) }

    /// Text that is easy to learn: a few words over and over, in an order that a seed decides.
    static func babble(_ count: Int, seed: UInt64 = 1) -> String {
        let words = ["def ", "return ", "self", ".", "(", ")", "\n", "    ", "value", " = "]
        var state = seed
        var text = ""
        while text.utf8.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            text += words[Int(state >> 33) % words.count]
        }
        return text
    }
}

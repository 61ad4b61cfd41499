import Foundation

/// Files that a user names.
enum InputFile {
    /// Bytes of a text at most: a device may have no end.
    private static let largest = 1 << 28
    private static let piece = 1 << 20

    /// A text in UTF-8.
    /// - Parameter orStandardInput: whether `-` is the standard input.
    /// - Throws: ``DataError``.
    static func text(of path: String, orStandardInput: Bool = false) throws -> String {
        let isInput = orStandardInput && path == "-"
        let name = isInput ? "The standard input" : path
        var bytes = Data()
        do {
            let file =
                isInput ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { if !isInput { try? file.close() } }
            while bytes.count <= largest, let next = try file.read(upToCount: piece), !next.isEmpty { bytes += next }
        } catch {
            throw DataError("\(name) is missing or cannot be read; give a text file.")
        }
        guard bytes.count <= largest else {
            throw DataError("\(name) has more than \(largest >> 20) MiB; give a shorter text.")
        }
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw DataError("\(name) is not UTF-8 text; convert it first.")
        }
        return text
    }
}

import Foundation

/// A CSV file that only grows while a run goes on, and that a resumed run cuts back to where it goes on from.
struct CSVLog {
    private let url: URL
    private let file: RunDescriptor
    /// Bytes written so far, the header included.
    private(set) var length: Int

    /// Starts a file with a header.
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``.
    init(startingAt url: URL, header: String) throws(RunFileError) {
        let line = Data((header + "\n").utf8)
        self.url = url
        file = try RunDescriptor(url, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(line)
        length = line.count
    }

    /// Goes on with a file after its first `length` bytes; what follows them is removed.
    /// - Throws: ``RunFileError/shortLog(path:)`` or ``RunFileError/writeFailed(path:reason:)``.
    init(resumingAt url: URL, length: Int) throws(RunFileError) {
        guard FileManager.default.fileExists(atPath: url.path) else { throw .shortLog(path: url.path) }
        let file = try RunDescriptor(url, O_WRONLY)
        guard try file.end() >= length else { throw .shortLog(path: url.path) }
        try file.cut(to: length)
        self.url = url
        self.file = file
        self.length = length
    }

    /// Appends lines, each ended by a newline.
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``; a part of them may then be in the file, beyond ``length``.
    mutating func append(_ lines: String) throws(RunFileError) {
        let data = Data(lines.utf8)
        try file.write(data)
        length += data.count
    }

    /// Waits until the system has the file on its disk.
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``.
    func synchronize() throws(RunFileError) { try file.synchronize() }

    var name: String { url.lastPathComponent }
}

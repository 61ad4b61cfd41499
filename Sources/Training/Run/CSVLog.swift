import Foundation

/// A CSV file that only grows while a run goes on, and that a resumed run cuts back to where it goes on from.
struct CSVLog {
    private let url: URL
    private let handle: FileHandle
    /// Bytes written so far, the header included.
    private(set) var length: Int

    /// Starts a file with a header.
    /// - Throws: ``RunFileError/unwritable(path:)``.
    init(startingAt url: URL, header: String) throws(RunFileError) {
        let line = Data((header + "\n").utf8)
        guard (try? line.write(to: url)) != nil, let handle = try? FileHandle(forWritingTo: url),
            (try? handle.seekToEnd()) != nil
        else { throw .unwritable(path: url.path) }
        self.url = url
        self.handle = handle
        length = line.count
    }

    /// Goes on with a file after its first `length` bytes; what follows them is removed.
    /// - Throws: ``RunFileError/shortLog(path:)`` or ``RunFileError/unwritable(path:)``.
    init(resumingAt url: URL, length: Int) throws(RunFileError) {
        guard let handle = try? FileHandle(forUpdating: url), let end = try? handle.seekToEnd(), end >= UInt64(length)
        else { throw .shortLog(path: url.path) }
        guard (try? handle.truncate(atOffset: UInt64(length))) != nil else { throw .unwritable(path: url.path) }
        self.url = url
        self.handle = handle
        self.length = length
    }

    /// Appends lines, each ended by a newline, in one write.
    /// - Throws: ``RunFileError/unwritable(path:)``.
    mutating func append(_ lines: String) throws(RunFileError) {
        let data = Data(lines.utf8)
        do { try handle.write(contentsOf: data) } catch { throw .unwritable(path: url.path) }
        length += data.count
    }

    /// Waits until the system has the file on its disk.
    func synchronize() throws(RunFileError) {
        do { try handle.synchronize() } catch { throw .unwritable(path: url.path) }
    }

    var name: String { url.lastPathComponent }
}

import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes that a crash cannot tear.
enum DurableFile {
    /// Replaces a file as a whole: whenever the process or the machine stops, the old contents are there or the new ones.
    /// - Throws: ``RunFileError/unwritable(path:)``.
    static func replace(_ url: URL, with data: Data) throws(RunFileError) {
        let partial = url.appendingPathExtension("partial")
        let file = open(partial.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0 else { throw .unwritable(path: url.path) }
        let isWritten = writeAll(data, to: file) && fsync(file) == 0
        // Closed whether or not it was written.
        let isClosed = close(file) == 0
        guard isWritten, isClosed, rename(partial.path, url.path) == 0 else {
            // A full disk gets its room back.
            unlink(partial.path)
            throw .unwritable(path: url.path)
        }
        // The new name itself is kept by the directory.
        let directory = open(url.deletingLastPathComponent().path, O_RDONLY)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    private static func writeAll(_ data: Data, to file: Int32) -> Bool {
        data.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let written = write(file, bytes.baseAddress! + offset, bytes.count - offset)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return false }
                offset += written
            }
            return true
        }
    }
}

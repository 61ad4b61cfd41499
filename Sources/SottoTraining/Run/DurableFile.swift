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
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``.
    static func replace(_ url: URL, with data: Data) throws(RunFileError) {
        let partial = url.appendingPathExtension("partial")
        do {
            let file = try RunDescriptor(partial, O_WRONLY | O_CREAT | O_TRUNC)
            try file.write(data)
            try file.synchronize()
        } catch {
            // A full disk gets its room back.
            unlink(partial.path)
            guard case .writeFailed(_, let reason) = error else { throw error }
            throw .writeFailed(path: url.path, reason: reason)
        }
        guard rename(partial.path, url.path) == 0 else {
            let reason = RunDescriptor.reason()
            unlink(partial.path)
            throw .writeFailed(path: url.path, reason: reason)
        }
        // The new name itself is kept by the directory.
        let directory = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}

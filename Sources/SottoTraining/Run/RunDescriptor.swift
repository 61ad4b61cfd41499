import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file of a run, open for writing until the value goes.
final class RunDescriptor {
    private let descriptor: Int32
    private let path: String

    /// Opens a file. It never gets the number of a standard stream, also where these are closed: what others print there
    /// must not end in it.
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``.
    init(_ url: URL, _ flags: Int32) throws(RunFileError) {
        path = url.path
        var opened = open(url.path, flags | O_CLOEXEC, 0o644)
        if opened >= 0, opened <= STDERR_FILENO {
            let low = opened
            opened = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
            close(low)
        }
        guard opened >= 0 else { throw .writeFailed(path: url.path, reason: Self.reason()) }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Writes all bytes where the last write ended.
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``; some of the bytes may then be in the file.
    func write(_ data: Data) throws(RunFileError) {
        guard data.withUnsafeBytes({ write(all: $0) }) else { throw failure }
    }

    /// Waits until the system has the file on its disk.
    func synchronize() throws(RunFileError) {
        guard fsync(descriptor) == 0 else { throw failure }
    }

    /// The file's length in bytes.
    func end() throws(RunFileError) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw failure }
        return Int(end)
    }

    /// Cuts the file to a length, from which writing goes on.
    func cut(to length: Int) throws(RunFileError) {
        guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, off_t(length), SEEK_SET) == off_t(length)
        else { throw failure }
    }

    private func write(all bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset < bytes.count {
            #if canImport(Darwin)
                let written = Darwin.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            #elseif canImport(Musl)
                let written = Musl.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            #else
                let written = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            #endif
            if written < 0, errno == EINTR { continue }
            // A full disk can take a part before it says so.
            if written == 0 { errno = ENOSPC }
            guard written > 0 else { return false }
            offset += written
        }
        return true
    }

    private var failure: RunFileError { .writeFailed(path: path, reason: Self.reason()) }

    /// What the system says of the call that failed last.
    static func reason() -> String { String(cString: strerror(errno)).lowercased() }
}

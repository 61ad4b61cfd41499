import SottoAlgebra

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file of keys: reads and writes at places, waits for the disk, and is held by one process.
final class KeyDescriptor: Sendable {
    private let descriptor: Int32

    /// Makes a file that must not be there, for its owner alone.
    init(creating path: String, name: String) throws(KeyFileError) {
        let opened = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else {
            throw errno == EEXIST ? .exists(name: name) : Self.failure("created")
        }
        descriptor = try Self.aboveStandardStreams(opened)
    }

    /// Opens a file and locks it; the system lets go of it when the process ends, however it does.
    init(locking path: String) throws(KeyFileError) {
        // A pipe in place of a file must not keep the process waiting.
        let opened = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw Self.failure("opened") }
        descriptor = try Self.aboveStandardStreams(opened)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("looked at") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        guard status.st_mode & (S_IRWXG | S_IRWXO) == 0 else { throw .readableByOthers }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? .inUse : Self.failure("locked")
        }
    }

    deinit { close(descriptor) }

    /// What others print to standard streams that are closed must not end in the file.
    private static func aboveStandardStreams(_ opened: Int32) throws(KeyFileError) -> Int32 {
        guard opened <= STDERR_FILENO else { return opened }
        let moved = fcntl(opened, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
        let failure = Self.failure("opened")
        close(opened)
        guard moved >= 0 else { throw failure }
        return moved
    }

    func length() throws(KeyFileError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("looked at") }
        return Int(status.st_size)
    }

    func setLength(_ length: Int) throws(KeyFileError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw Self.failure("written") }
    }

    /// - Throws: `.damaged` of that part where the file ends before.
    func read(_ count: Int, at offset: Int, part: @autoclosure () -> String) throws(KeyFileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Self.failure("read") }
            guard got > 0 else { throw .damaged(part: part()) }
            done += got
        }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(KeyFileError) {
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(offset + done))
            }
            if put < 0, errno == EINTR { continue }
            guard put >= 0 else { throw Self.failure("written") }
            guard put > 0 else { throw .system(doing: "written", reason: "no space is left") }
            done += put
        }
    }

    /// Overwrites a part with zeros.
    func erase(_ range: Range<Int>) throws(KeyFileError) {
        let zeros = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = min(zeros.count, range.upperBound - offset)
            try write(count == zeros.count ? zeros : Array(zeros.prefix(count)), at: offset)
            offset += count
        }
    }

    /// Waits until the disk has everything.
    func synchronize() throws(KeyFileError) {
        #if canImport(Darwin)
            // Only this reaches the disk itself there.
            if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
        #endif
        guard fsync(descriptor) == 0 else { throw Self.failure("brought to disk") }
    }

    /// Waits until the disk has the names of a directory.
    static func synchronize(directory path: String) throws(KeyFileError) {
        let directory = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard directory >= 0 else { throw failure("brought to disk") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("brought to disk") }
    }

    /// Makes a directory for its owner alone, unless it is there.
    static func makeDirectory(_ path: String) throws(KeyFileError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("given a directory") }
    }

    static func remove(_ path: String) { unlink(path) }

    private static func failure(_ doing: String) -> KeyFileError {
        .system(doing: doing, reason: String(cString: strerror(errno)).lowercased())
    }
}

import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Holds a directory for one process; the system lets go of it when the process ends, however it does.
final class RunLock {
    private let descriptor: Int32

    /// - Throws: ``RunFileError/inUse(path:)`` or ``RunFileError/unwritable(path:)``.
    init(_ directory: URL) throws(RunFileError) {
        let descriptor = open(directory.path, O_RDONLY)
        guard descriptor >= 0 else { throw .unwritable(path: directory.path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            close(descriptor)
            throw isHeld ? .inUse(path: directory.path) : .unwritable(path: directory.path)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

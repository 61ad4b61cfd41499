import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Standard input, output and error as the process got them.
enum StandardStreams {
    /// Makes the three descriptors safe; to be called before anything opens a file or a socket.
    ///
    /// A descriptor that the process was started without would be the next file or connection, and what is meant for a
    /// terminal would be written there: it gets the null device. Standard output gets it for reading only, so that writing
    /// a result fails in plain words. A pipe whose reader has gone becomes an error of writing instead of a signal.
    static func prepare() {
        for (descriptor, mode) in [
            (STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
        ] where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            let opened = open("/dev/null", mode)
            // The lowest free descriptor is taken, which is this one.
            guard opened == descriptor else { _exit(ExitStatus.internalError.rawValue) }
        }
        signal(SIGPIPE, SIG_IGN)
    }

    /// Writes all bytes, or gives the number of the error that prevented it; 0 if there was none.
    /// - Parameter patience: milliseconds to wait where a reader that must not be waited for has no room; -1: any.
    static func write(_ bytes: [UInt8], to descriptor: Int32, patience: Int32) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = systemWrite(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count >= 0 {
                    done += count
                    continue
                }
                let number = errno
                if number == EINTR { continue }
                guard number == EAGAIN || number == EWOULDBLOCK else { return number }
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wanted, 1, patience) != 0 else { return number }
            }
            return 0
        }
    }

    /// What is only known once the file is closed, as on a network's file system; 0 if all is well.
    static func closingError(of descriptor: Int32) -> Int32 {
        let copy = dup(descriptor)
        guard copy >= 0 else { return 0 }
        return close(copy) == 0 || errno == EINTR ? 0 : errno
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

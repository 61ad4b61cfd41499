import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A plain blocking socket on 127.0.0.1, to play peers that do not speak Sotto's protocol or die.
final class RawSocket: Sendable {
    struct Failure: Error {
        let call: String
        let number: Int32
    }

    private let descriptor: Int32
    private let isOpen = Atomic<Bool>(true)

    /// A connection that has ended gives an error instead of a signal.
    #if canImport(Glibc)
        private static let noSignal = Int32(MSG_NOSIGNAL)
    #elseif canImport(Musl)
        private static let noSignal = MSG_NOSIGNAL
    #else
        private static let noSignal: Int32 = 0
    #endif

    init(connectingTo port: Int) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(call: "connect", number: errno) }
    }

    deinit { close() }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + sent, bytes.count - sent, RawSocket.noSignal)
            }
            guard count > 0 else { throw Failure(call: "send", number: errno) }
            sent += count
        }
    }

    /// Writes the bytes again and again until the other side has taken nothing for a while, or the connection ends.
    ///
    /// - Returns: The bytes written, at most `limit` and one more repetition.
    func write(repeating bytes: [UInt8], limit: Int) -> Int {
        var patience = timeval(tv_sec: 0, tv_usec: 300_000)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var written = 0
        while written < limit {
            let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress!, bytes.count, RawSocket.noSignal) }
            guard count > 0 else { break }
            written += count
            guard count == bytes.count else { break }
        }
        return written
    }

    /// Reads what comes until the other side ends its output.
    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let got = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress!, $0.count, 0) }
            guard got > 0 else { return bytes }
            bytes += buffer[..<got]
        }
    }

    /// Reads exactly this many bytes.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + filled, count - filled, 0) }
            guard got > 0 else { throw Failure(call: "recv", number: errno) }
            filled += got
        }
        return bytes
    }

    func close() {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }

    /// Ends the connection as the operating system does for a killed process with unread data: by a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }
}

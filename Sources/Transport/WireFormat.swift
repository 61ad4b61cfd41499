/// The bytes on a connection: a stream header, then frames. All numbers are little-endian.
///
/// | bytes | stream header | | bytes | frame |
/// | --- | --- | --- | --- | --- |
/// | 8 | magic | | 8 | payload bytes |
/// | 4 | version | | 4 | tag |
/// | | | | 4 | depth |
/// | | | | | payload |
package enum WireFormat {
    /// The first byte is no text and the line ends catch connections that rewrite them.
    package static let magic: [UInt8] = [0xF5] + Array("SOTTO\r\n".utf8)
    package static let version = 1
    package static let streamHeaderSize = 12
    package static let frameHeaderSize = 16

    /// What each side sends first.
    package static var streamHeader: [UInt8] { magic + littleEndian(UInt32(version)) }

    /// What precedes a frame's payload.
    package static func header(of frame: Frame) -> [UInt8] {
        littleEndian(UInt64(frame.payload.count)) + littleEndian(frame.tag) + littleEndian(frame.depth)
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

/// Turns the bytes of a connection, in whatever pieces they arrive, into frames.
package struct FrameDecoder {
    private enum Stage { case streamHeader, frameHeader, payload }

    private var stage = Stage.streamHeader
    /// The part of a header that has arrived.
    private var header: [UInt8] = []
    private var tag: UInt32 = 0
    private var depth: UInt32 = 0
    private var payloadSize = 0
    private var payload: [UInt8] = []
    private var failure: TransportError?
    private let limit: Int
    private let peer: PeerName

    /// What is reserved for a payload before any of it has arrived, so that a header alone takes no memory.
    private static let firstReservation = 16 << 20

    /// - Parameter limit: The most payload bytes a frame may have.
    package init(limit: Int, peer: PeerName) {
        self.limit = limit
        self.peer = peer
    }

    /// Takes the next bytes and appends the frames they complete to `frames`.
    ///
    /// - Throws: `.notSotto`, `.versionMismatch` or `.oversizedFrame`, and the same again on every later call.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, into frames: inout [Frame]) throws(TransportError) {
        if let failure { throw failure }
        do {
            var rest = bytes[...]
            while !rest.isEmpty {
                switch stage {
                case .streamHeader: try takeStreamHeader(&rest)
                case .frameHeader: try takeFrameHeader(&rest, into: &frames)
                case .payload: takePayload(&rest, into: &frames)
                }
            }
        } catch {
            failure = error
            payload = []
            throw error
        }
    }

    /// What the end of the connection means here: `.peerClosed` between frames, `.truncatedFrame` within one.
    package func errorAtEnd() -> TransportError {
        if let failure { return failure }
        switch stage {
        case .streamHeader where !header.isEmpty:
            return .notSotto(peer: peer.current)
        case .frameHeader where !header.isEmpty:
            return .truncatedFrame(
                peer: peer.current, received: UInt64(header.count), expected: UInt64(WireFormat.frameHeaderSize))
        case .payload:
            return .truncatedFrame(
                peer: peer.current, received: UInt64(WireFormat.frameHeaderSize + payload.count),
                expected: UInt64(WireFormat.frameHeaderSize + payloadSize))
        default:
            return .peerClosed(peer: peer.current)
        }
    }

    private mutating func takeStreamHeader(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(TransportError) {
        takeHeader(&rest, size: WireFormat.streamHeaderSize)
        guard header.prefix(8).elementsEqual(WireFormat.magic.prefix(header.count)) else {
            throw .notSotto(peer: peer.current)
        }
        guard header.count == WireFormat.streamHeaderSize else { return }
        let theirs = Int(UInt32(truncatingIfNeeded: littleEndian(header[8...])))
        guard theirs == WireFormat.version else {
            throw .versionMismatch(peer: peer.current, ours: WireFormat.version, theirs: theirs)
        }
        header.removeAll(keepingCapacity: true)
        stage = .frameHeader
    }

    private mutating func takeFrameHeader(
        _ rest: inout Slice<UnsafeRawBufferPointer>, into frames: inout [Frame]
    ) throws(TransportError) {
        takeHeader(&rest, size: WireFormat.frameHeaderSize)
        guard header.count == WireFormat.frameHeaderSize else { return }
        let length = littleEndian(header[..<8])
        guard length <= UInt64(limit) else {
            throw .oversizedFrame(peer: peer.current, length: length, limit: limit)
        }
        payloadSize = Int(length)
        tag = UInt32(truncatingIfNeeded: littleEndian(header[8..<12]))
        depth = UInt32(truncatingIfNeeded: littleEndian(header[12...]))
        header.removeAll(keepingCapacity: true)
        payload.reserveCapacity(min(payloadSize, FrameDecoder.firstReservation))
        stage = .payload
        if payloadSize == 0 { finishFrame(into: &frames) }
    }

    private mutating func takePayload(_ rest: inout Slice<UnsafeRawBufferPointer>, into frames: inout [Frame]) {
        let piece = rest.prefix(payloadSize - payload.count)
        if payload.count + piece.count > FrameDecoder.firstReservation, payload.capacity < payloadSize {
            payload.reserveCapacity(payloadSize)
        }
        payload.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece))
        rest = rest.dropFirst(piece.count)
        if payload.count == payloadSize { finishFrame(into: &frames) }
    }

    private mutating func finishFrame(into frames: inout [Frame]) {
        frames.append(Frame(tag: tag, depth: depth, payload: payload))
        payload = []
        stage = .frameHeader
    }

    private mutating func takeHeader(_ rest: inout Slice<UnsafeRawBufferPointer>, size: Int) {
        let piece = rest.prefix(size - header.count)
        header.append(contentsOf: piece)
        rest = rest.dropFirst(piece.count)
    }

    private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

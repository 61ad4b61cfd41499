import Synchronization

/// Whether the peer of a connection has greeted as it should.
package final class Admission: Sendable {
    private let state = Atomic<Bool>(false)

    /// The most payload bytes of a frame before.
    package static let frameLimit = 1 << 20

    package init() {}

    package var isGranted: Bool { state.load(ordering: .acquiring) }

    package func grant() { state.store(true, ordering: .releasing) }

    package func revoke() { state.store(false, ordering: .releasing) }
}

/// Turns the bytes of a connection, in whatever pieces they arrive, into frames.
///
/// Memory grows with the bytes that have arrived, whatever a header claims.
package struct FrameDecoder {
    private enum Stage { case streamHeader, frameHeader, payload }

    private var stage = Stage.streamHeader
    /// The part of a header that has arrived.
    private var header: [UInt8] = []
    private var tag: UInt32 = 0
    private var depth: UInt32 = 0
    private var payloadSize = 0
    private var payloadChecksum: UInt32 = 0
    private var checksum = Checksum()
    private var payload: [UInt8] = []
    private var failure: TransportError?
    private var hasFirstFrame = false
    private let limit: Int
    private let peer: PeerName
    private let admission: Admission?

    /// What is reserved for a payload before any of it has arrived; from there the reservation doubles.
    private static let firstReservation = 64 << 10

    /// - Parameters:
    ///   - limit: The most payload bytes a frame may have.
    ///   - admission: Until it is granted, a first frame beyond ``Admission/frameLimit`` is refused and a later one waits;
    ///     nil is granted.
    package init(limit: Int, peer: PeerName, admission: Admission? = nil) {
        self.limit = limit
        self.peer = peer
        self.admission = admission
    }

    /// Payload bytes of the frame in progress that have arrived.
    package var partialBytes: Int { payload.count }

    /// Takes the next bytes and appends the frames they complete to `frames`.
    ///
    /// - Returns: How many bytes it took: all, unless a frame must wait until the peer is admitted; the rest is to be
    ///   passed again then.
    /// - Throws: `.notSotto`, `.versionMismatch`, `.damagedFrame`, `.oversizedFrame`, `.unexpectedSize`, and the same again
    ///   on every later call.
    package mutating func feed(
        _ bytes: UnsafeRawBufferPointer, into frames: inout [Frame]
    ) throws(TransportError) -> Int {
        if let failure { throw failure }
        do {
            var rest = bytes[...]
            while !rest.isEmpty {
                switch stage {
                case .streamHeader: try takeStreamHeader(&rest)
                case .frameHeader:
                    guard try takeFrameHeader(&rest, into: &frames) else { return bytes.count - rest.count }
                case .payload: try takePayload(&rest, into: &frames)
                }
            }
            return bytes.count
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
        let theirs = Int(littleEndian(8, as: UInt32.self))
        guard theirs == WireFormat.version else {
            throw .versionMismatch(peer: peer.current, ours: WireFormat.version, theirs: theirs)
        }
        header.removeAll(keepingCapacity: true)
        stage = .frameHeader
    }

    /// - Returns: False where the last byte of the header is left, because the frame must wait.
    private mutating func takeFrameHeader(
        _ rest: inout Slice<UnsafeRawBufferPointer>, into frames: inout [Frame]
    ) throws(TransportError) -> Bool {
        let start = rest
        takeHeader(&rest, size: WireFormat.frameHeaderSize)
        guard header.count == WireFormat.frameHeaderSize else { return true }
        guard header.withUnsafeBytes({ WireFormat.isIntact(header: $0) }) else {
            throw .damagedFrame(peer: peer.current)
        }
        let length = littleEndian(0, as: UInt64.self)
        tag = littleEndian(8, as: UInt32.self)
        if try mustWait(length: length) {
            header.removeLast()
            rest = start.suffix(rest.count + 1)
            return false
        }
        payloadSize = Int(length)
        depth = littleEndian(12, as: UInt32.self)
        payloadChecksum = littleEndian(16, as: UInt32.self)
        checksum = Checksum()
        header.removeAll(keepingCapacity: true)
        payload.reserveCapacity(min(payloadSize, FrameDecoder.firstReservation))
        stage = .payload
        if payloadSize == 0 { try finishFrame(into: &frames) }
        return true
    }

    /// Checks the length that a header claims, and whether the frame must wait until the peer is admitted.
    private func mustWait(length: UInt64) throws(TransportError) -> Bool {
        let isAdmitted = admission?.isGranted ?? true
        let most: Int
        switch tag {
        case FrameTag.heartbeat:
            guard length == 0 else {
                throw .unexpectedSize(peer: peer.current, tag: tag, expected: 0, got: Int(clamping: length))
            }
            return false
        case FrameTag.abort: most = min(limit, Frame.abortLimit)
        default: most = isAdmitted || hasFirstFrame ? limit : min(limit, Admission.frameLimit)
        }
        guard length <= UInt64(most) else {
            throw .oversizedFrame(peer: peer.current, length: length, limit: most)
        }
        return !isAdmitted && length > UInt64(Admission.frameLimit)
    }

    private mutating func takePayload(
        _ rest: inout Slice<UnsafeRawBufferPointer>, into frames: inout [Frame]
    ) throws(TransportError) {
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(payloadSize - payload.count))
        let needed = payload.count + piece.count
        if needed > payload.capacity { payload.reserveCapacity(min(payloadSize, 2 * needed)) }
        payload.append(contentsOf: piece)
        checksum.add(piece)
        rest = rest.dropFirst(piece.count)
        if payload.count == payloadSize { try finishFrame(into: &frames) }
    }

    private mutating func finishFrame(into frames: inout [Frame]) throws(TransportError) {
        guard checksum.value == payloadChecksum else { throw .damagedFrame(peer: peer.current) }
        frames.append(Frame(tag: tag, depth: depth, payload: payload))
        if tag != FrameTag.heartbeat { hasFirstFrame = true }
        payload = []
        stage = .frameHeader
    }

    private mutating func takeHeader(_ rest: inout Slice<UnsafeRawBufferPointer>, size: Int) {
        let piece = rest.prefix(size - header.count)
        header.append(contentsOf: piece)
        rest = rest.dropFirst(piece.count)
    }

    private func littleEndian<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
        header.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }
}

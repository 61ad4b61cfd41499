import SottoTransport
import Testing

@Suite struct FrameDecoderTests {
    private let peer = PeerName(role: "client", address: "127.0.0.1:9")
    private let frames = [
        Frame(tag: 0, depth: 0, payload: []),
        Frame(tag: 7, depth: 1, payload: [1, 2, 3]),
        Frame(tag: 0xFFFF_FF01, depth: .max, payload: Array(0..<40)),
        Frame(tag: 0x0102_0304, depth: 0x0506_0708, payload: [0xFF]),
    ]

    private func feed(
        _ pieces: [ArraySlice<UInt8>], limit: Int = 1 << 20
    ) -> (frames: [Frame], error: TransportError?, atEnd: TransportError) {
        var decoder = FrameDecoder(limit: limit, peer: peer)
        var decoded: [Frame] = []
        let error = transportError {
            for piece in pieces { try piece.withUnsafeBytes { _ = try decoder.feed($0, into: &decoded) } }
        }
        return (decoded, error, decoder.errorAtEnd())
    }

    @Test func wireFormatIsFixed() {
        let expected: [UInt8] =
            [0xF5, 0x53, 0x4F, 0x54, 0x54, 0x4F, 0x0D, 0x0A, 2, 0, 0, 0]
            + [2, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5]
            + [0x8D, 0x44, 0xE4, 0xE4, 0x49, 0xB6, 0x31, 0x68, 0xAA, 0xBB]
        let frame = Frame(tag: 0x0102_0304, depth: 0x0506_0708, payload: [0xAA, 0xBB])
        #expect(wireBytes([frame]) == expected)
    }

    @Test func everySplitPositionGivesTheSameFrames() {
        let bytes = wireBytes(frames)
        for position in 0...bytes.count {
            let result = feed([bytes[..<position], bytes[position...]])
            #expect(result.frames == frames, "split at \(position)")
            #expect(result.error == nil)
        }
    }

    @Test func singleBytesGiveTheSameFrames() {
        let bytes = wireBytes(frames)
        let result = feed(bytes.indices.map { bytes[$0...$0] })
        #expect(result.frames == frames)
        #expect(result.atEnd == .peerClosed(peer: "client at 127.0.0.1:9"))
    }

    @Test func randomPiecesGiveTheSameFrames() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            let frames = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                Frame(
                    tag: .random(in: 0 ... .max, using: &random), depth: .random(in: 0 ... .max, using: &random),
                    payload: random.bytes(.random(in: 0...300, using: &random)))
            }
            let bytes = wireBytes(frames)
            var cuts = (0..<8).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            cuts = [0] + cuts + [bytes.count]
            let result = feed(zip(cuts, cuts.dropFirst()).map { bytes[$0..<$1] })
            #expect(result.frames == frames)
            #expect(result.error == nil)
        }
    }

    @Test func payloadsBeyondTheFirstReservationArriveWhole() {
        var random = SeededGenerator(seed: 2)
        let block = random.bytes(1 << 16)
        var payload: [UInt8] = []
        while payload.count < 17 << 20 { payload += block }
        payload.append(42)
        let frame = Frame(tag: 1, depth: 2, payload: payload)
        let bytes = wireBytes([frame, frames[1]])
        let cuts = Array(stride(from: 0, to: bytes.count, by: 200_001)) + [bytes.count]
        let result = feed(zip(cuts, cuts.dropFirst()).map { bytes[$0..<$1] }, limit: 18 << 20)
        #expect(result.frames == [frame, frames[1]])
    }

    @Test func everyTruncationIsNamedAtTheEnd() {
        let bytes = wireBytes([frames[1]])
        for length in 0..<bytes.count {
            let expected: TransportError =
                switch length {
                case 0, 12: .peerClosed(peer: "client at 127.0.0.1:9")
                case 1..<12: .notSotto(peer: "client at 127.0.0.1:9")
                case 13..<36:
                    .truncatedFrame(peer: "client at 127.0.0.1:9", received: UInt64(length - 12), expected: 24)
                default:
                    .truncatedFrame(peer: "client at 127.0.0.1:9", received: UInt64(length - 12), expected: 27)
                }
            #expect(feed([bytes[..<length]]).atEnd == expected, "length \(length)")
        }
    }

    @Test func anyWrongMagicByteIsRefusedAtOnce() {
        for position in 0..<8 {
            var bytes = WireFormat.streamHeader
            bytes[position] ^= 0x20
            #expect(feed([bytes[...position]]).error == .notSotto(peer: "client at 127.0.0.1:9"))
        }
        #expect(feed([Array("GET / HTTP/1.1\r\n".utf8)[...]]).error == .notSotto(peer: "client at 127.0.0.1:9"))
    }

    @Test func anotherVersionIsRefusedWithBothVersions() {
        for version in [0, 1, 3, 0x0100_0000, 0xFFFF_FFFF] {
            let bytes = WireFormat.magic + withUnsafeBytes(of: UInt32(version).littleEndian) { Array($0) }
            #expect(
                feed([bytes[...]]).error
                    == .versionMismatch(peer: "client at 127.0.0.1:9", ours: 2, theirs: version))
        }
    }

    @Test(arguments: [101, 1 << 31, 1 << 62, UInt64.max]) func lengthsAboveTheLimitAreRefused(length: UInt64) {
        let header = wireHeader(length: length)
        let result = feed([(wireBytes([frames[1]]) + header)[...]], limit: 100)
        #expect(result.frames == [frames[1]])
        #expect(result.error == .oversizedFrame(peer: "client at 127.0.0.1:9", length: length, limit: 100))
    }

    @Test func theLimitItselfIsAllowed() {
        let frame = Frame(tag: 1, depth: 1, payload: [UInt8](repeating: 5, count: 100))
        #expect(feed([wireBytes([frame])[...]], limit: 100).frames == [frame])
        #expect(feed([wireBytes([frame])[...]], limit: 99).error != nil)
    }

    @Test func aFailedDecoderStaysFailed() {
        var decoder = FrameDecoder(limit: 10, peer: peer)
        var decoded: [Frame] = []
        for bytes in [[0x00], WireFormat.streamHeader, wireBytes(frames)] {
            #expect(throws: TransportError.notSotto(peer: "client at 127.0.0.1:9")) {
                try bytes.withUnsafeBytes { try decoder.feed($0, into: &decoded) }
            }
        }
        #expect(decoded.isEmpty)
        #expect(decoder.errorAtEnd() == .notSotto(peer: "client at 127.0.0.1:9"))
    }

    @Test func garbageIsRefusedOrDecodedButNeverTraps() {
        var random = SeededGenerator(seed: 3)
        var refused = 0
        for round in 0..<2000 {
            // Some garbage keeps a valid beginning, so that every stage of the decoder meets some.
            let valid = wireBytes(frames)
            let prefix = valid.prefix([0, 8, 12, 20, 36, 63][round % 6])
            let bytes = prefix + random.bytes(.random(in: 0...80, using: &random))
            let result = feed([bytes[...]], limit: 1000)
            if result.error != nil { refused += 1 }
            #expect(result.frames.reduce(0) { $0 + $1.payload.count + 24 } <= bytes.count)
        }
        #expect(refused > 1000)
    }

    @Test func everyFlippedBitIsFound() {
        let bytes = wireBytes(frames)
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            let result = feed([flipped[...]], limit: 1000)
            #expect(result.error != nil, "bit \(bit)")
            #expect(result.frames.elementsEqual(frames.prefix(result.frames.count)), "bit \(bit)")
            guard bit >= 12 * 8 else { continue }
            #expect(result.error == .damagedFrame(peer: "client at 127.0.0.1:9"), "bit \(bit)")
        }
    }

    @Test func aHeaderAloneTakesNoMemoryForItsPayload() {
        var decoder = FrameDecoder(limit: 1 << 40, peer: peer)
        var decoded: [Frame] = []
        let bytes = WireFormat.streamHeader + wireHeader(length: 1 << 40) + [1, 2, 3]
        // Were the payload reserved, the process would end here.
        #expect(transportError { try bytes.withUnsafeBytes { _ = try decoder.feed($0, into: &decoded) } } == nil)
        #expect(decoder.partialBytes == 3)
    }

    @Test func heartbeatsAndReasonsAreSmall() {
        let name = "client at 127.0.0.1:9"
        let beat = WireFormat.streamHeader + wireHeader(length: 1, tag: FrameTag.heartbeat)
        #expect(
            feed([beat[...]]).error == .unexpectedSize(peer: name, tag: FrameTag.heartbeat, expected: 0, got: 1))
        let reason = WireFormat.streamHeader + wireHeader(length: 4097, tag: FrameTag.abort)
        #expect(feed([reason[...]]).error == .oversizedFrame(peer: name, length: 4097, limit: 4096))
    }

    @Test func largeFramesWaitForTheAdmission() throws {
        let small = Frame(tag: FrameTag.control, depth: 0, payload: [1])
        let large = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 3, count: Admission.frameLimit + 1))
        let admission = Admission()
        var decoder = FrameDecoder(limit: 1 << 30, peer: peer, admission: admission)
        var decoded: [Frame] = []
        let bytes = wireBytes([small, large, small])
        let used = try bytes.withUnsafeBytes { try decoder.feed($0, into: &decoded) }
        #expect(decoded == [small])
        #expect(decoder.partialBytes == 0)
        #expect(try bytes[used...].withUnsafeBytes { try decoder.feed($0, into: &decoded) } == 0)
        admission.grant()
        #expect(try bytes[used...].withUnsafeBytes { try decoder.feed($0, into: &decoded) } == bytes.count - used)
        #expect(decoded == [small, large, small])
    }

    @Test func aLargeFirstFrameIsRefusedBeforeTheAdmission() {
        var decoder = FrameDecoder(limit: 1 << 30, peer: peer, admission: Admission())
        var decoded: [Frame] = []
        let bytes =
            wireBytes([Frame(tag: FrameTag.heartbeat, depth: 2, payload: [])]) + wireHeader(length: (1 << 20) + 1)
        #expect(
            transportError { try bytes.withUnsafeBytes { _ = try decoder.feed($0, into: &decoded) } }
                == .oversizedFrame(peer: "client at 127.0.0.1:9", length: (1 << 20) + 1, limit: 1 << 20))
    }
}

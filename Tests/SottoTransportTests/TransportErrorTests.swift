import SottoTransport
import Testing

@Suite struct TransportErrorTests {
    private static let all: [(TransportError, TransportError.Category)] = [
        (.timeout(peer: "P", seconds: 1.5, waitingFor: "message 7"), .unavailable),
        (.peerClosed(peer: "P"), .unavailable), (.closed(peer: "P"), .unavailable),
        (.refusedByPeer(peer: "P", reason: "why."), .protocolViolation),
        (.connectionRefused(address: "P"), .unavailable), (.unreachable(address: "P", reason: "why"), .unavailable),
        (.addressInUse(address: "P"), .unavailable), (.cannotListen(address: "P", reason: "why"), .unavailable),
        (.unexpectedTag(peer: "P", expected: 1, got: 2), .protocolViolation),
        (.unexpectedSize(peer: "P", tag: 1, expected: 2, got: 3), .protocolViolation),
        (.oversizedFrame(peer: "P", length: .max, limit: 3), .protocolViolation),
        (.unavailableBehind(peer: "P", reason: "why."), .unavailable), (.busy(peer: "P", reason: "why."), .unavailable),
        (.outOfDescriptors(needed: 4, reason: "P"), .unavailable),
        (.damagedFrame(peer: "P"), .protocolViolation), (.tooMuchUnread(peer: "P", bytes: 9), .protocolViolation),
        (.truncatedFrame(peer: "P", received: 1, expected: 2), .unavailable),
        (.notSotto(peer: "P"), .protocolViolation),
        (.versionMismatch(peer: "P", ours: 1, theirs: 2), .protocolViolation),
        (.handshakeMismatch(peer: "P", field: "f", ours: "a", theirs: "b"), .protocolViolation),
        (.malformedHandshake(peer: "P", reason: "why"), .protocolViolation),
        (.invalidAddress("P"), .usage), (.notLoopback(address: "P"), .usage),
    ]

    @Test func everyErrorIsOneLineThatNamesWhomItConcerns() {
        for (error, category) in TransportErrorTests.all {
            #expect(error.category == category)
            let text = error.description
            #expect(text.contains("P"), "\(text)")
            #expect(text.hasSuffix("."), "\(text)")
            #expect(!text.contains("\n"))
        }
        #expect(Set(TransportErrorTests.all.map(\.0.description)).count == TransportErrorTests.all.count)
    }

    @Test func messagesAreNamedInWords() {
        #expect(
            TransportError.unexpectedTag(peer: "P", expected: 659, got: FrameTag.setupWeight(index: 3)).description
                .hasPrefix("Expected round 3 of instruction 41 from P but got weight 3 of the setup;"))
        #expect(
            TransportError.unexpectedSize(peer: "P", tag: FrameTag.dealerSeed, expected: 16, got: 3).description
                .hasPrefix("The size of the seed of a run from P is 3 bytes instead of 16;"))
    }

    @Test func bothSidesValuesAreShown() {
        #expect(
            TransportError.handshakeMismatch(peer: "P", field: "program", ours: "f00", theirs: "b\u{1B}ar").description
                == "The program differs: 'f00' here, 'b?ar' at P; make both sides equal.")
        #expect(
            TransportError.timeout(peer: "P", seconds: 30, waitingFor: "message 7").description
                .hasPrefix("Waited 30 s in vain for message 7 (P);"))
        for (seconds, words) in [(0, "less than 1 ms"), (0.04, "40 ms"), (1.5, "1.5 s"), (2.000001, "2.0 s")] {
            #expect(
                TransportError.timeout(peer: "P", seconds: seconds, waitingFor: "x").description
                    .hasPrefix("Waited \(words) in vain for x (P);"))
        }
        #expect(TransportError.timeout(peer: "P", seconds: .infinity, waitingFor: "x").description.contains("inf s"))
    }
}

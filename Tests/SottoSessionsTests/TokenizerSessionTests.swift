import SottoModel
import SottoSessions
import SottoTokenization
import SottoTransport
import TestSupport
import Testing

/// How a client comes by the server's tokenizer.
@Suite struct TokenizerSessionTests {
    /// Of five tokens, as the fixture's model has.
    private static func tokenizer(_ last: String = "ab") throws -> BytePairTokenizer {
        try BytePairTokenizer(
            json: Array(
                #"{"model":{"vocab":{"a":0,"b":1,"c":2,"d":3,"\#(last)":4},"merges":["\#(last.first!) \#(last.last!)"]}}"#
                    .utf8))
    }

    private func offered(_ tokenizer: any Tokenizer) throws -> OfferedTokenizer { try OfferedTokenizer(tokenizer) }

    @Test func aServersTokenizerIsSentOnceAndChecked() throws {
        let tokenizer = try Self.tokenizer()
        let fixture = try SessionFixture(tokenizer: offered(tokenizer))
        let client = try fixture.client()
        #expect(client.tokenizerFingerprint == (try offered(tokenizer).fingerprint))
        let adopted = try #require(try client.adoptTokenizer())
        #expect(adopted.definition == tokenizer.definition && client.tokenizer?.definition == tokenizer.definition)
        let ids = adopted.encode("abcab")
        #expect(ids == [4, 2, 4])
        // What it took is no payload: the accounted bytes are those of a session without it.
        let run = try client.run(tokens: ids, output: .last)
        let plain = try SessionFixture()
        let other = try plain.client()
        let expected = try other.run(tokens: ids, output: .last)
        // Truncations round by the shares.
        #expect(zip(run.values, expected.values).allSatisfy { abs($0 - $1) < 0.01 })
        #expect(client.setup?.bytesSent == other.setup?.bytesSent)
        #expect(run.accounted.trace.events == expected.accounted.trace.events)
        #expect(
            run.accounted.overheadBytesSent.server
                > expected.accounted.overheadBytesSent.server + tokenizer.definition.count - 1)
        // A second request is none.
        #expect(throws: TransportError.self) { try client.adoptTokenizer() }
        #expect(fixture.end().error as? SessionError == .malformedRequest(peer: "client"))
    }

    @Test func bytesAndOnesOwnNeedNoTransfer() throws {
        let tokenizer = try Self.tokenizer()
        let own = try SessionFixture(tokenizer: offered(tokenizer))
        let asked = Locked(0)
        let client = try own.client { inner in
            AlteringChannel(inner) { index, bytes in
                asked.value = index + 1
                return bytes
            }
        }
        #expect(try client.adoptTokenizer(own: tokenizer)?.definition == tokenizer.definition)
        // The greeting alone.
        #expect(asked.value == 1)
        // The model's five rows are too few for bytes.
        let bytes = try SessionFixture(tokenizer: offered(ByteTokenizer()))
        let second = try bytes.client()
        #expect(throws: SessionError.tokenizerTooLarge(tokens: 256, vocabulary: 5)) { try second.adoptTokenizer() }
    }

    @Test func anotherTokenizerEndsTheSession() throws {
        let (ours, theirs) = (try Self.tokenizer("ba"), try Self.tokenizer())
        let fixture = try SessionFixture(tokenizer: offered(theirs))
        let client = try fixture.client()
        let expected = try SessionError.otherTokenizer(
            ours: offered(ours).fingerprint, theirs: offered(theirs).fingerprint)
        #expect(throws: expected) { try client.adoptTokenizer(own: ours) }
        #expect((fixture.end().error as? TransportError)?.category == .protocolViolation)
    }

    @Test func aServerWithoutOneLeavesTheClientsOwn() throws {
        let client = try SessionFixture().client()
        #expect(client.tokenizerFingerprint == nil)
        #expect(try client.adoptTokenizer() == nil)
        #expect(try client.adoptTokenizer(own: Self.tokenizer())?.vocabulary == 5)
    }

    /// Another content than the greeting promised, whatever it is.
    @Test func whatIsSentMustHaveTheHash() throws {
        let fixture = try SessionFixture(
            tokenizer: offered(Self.tokenizer()),
            wrapServer: { inner in
                AlteringChannel(inner) { index, bytes in
                    var bytes = bytes
                    if index == 1 { bytes[bytes.count / 2] ^= 1 }
                    return bytes
                }
            })
        let client = try fixture.client()
        #expect(throws: SessionError.foreignTokenizer(peer: "server")) { try client.adoptTokenizer() }
        #expect(client.tokenizer == nil)
    }

    /// With the right hash, and no tokenizer all the same.
    @Test func whatIsSentMustBeATokenizer() throws {
        struct Broken: Tokenizer {
            let vocabulary = 5
            let definition = Array("{}".utf8)
            func encode(_ text: String) -> [Int] { [] }
            func decode(_ tokens: [Int]) throws(TokenizerError) -> String { "" }
            func makeStream() -> any TokenStream { ByteTokenizer().makeStream() }
        }
        let client = try SessionFixture(tokenizer: offered(Broken())).client()
        let error = #expect(throws: SessionError.self) { try client.adoptTokenizer() }
        guard case .unusableTokenizer? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func greetingsThatNameNoHashAreRefused() throws {
        for name in ["byte", String(repeating: "A", count: 64), String(repeating: "0", count: 63), ""] {
            let greeting = OfferedTokenizer.offer(name)
            #expect(!greeting.isOne && greeting.fingerprint == nil)
        }
        #expect(OfferedTokenizer.offer("none").isOne && OfferedTokenizer.offer(nil).isOne)
    }
}

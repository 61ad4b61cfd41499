import SottoTransport
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        ("127.0.0.1:7000", "127.0.0.1", 7000), ("[::1]:65535", "::1", 65535), ("localhost:0", "localhost", 0),
        ("0.0.0.0:1", "0.0.0.0", 1), ("[fe80::1]:22", "fe80::1", 22),
        ("host-1.example.org:443", "host-1.example.org", 443),
    ]) func wellFormedAddressesParse(text: String, host: String, port: Int) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.description == text)
        try #expect(Endpoint(host: host, port: port) == endpoint)
    }

    @Test(arguments: [
        "", ":", "127.0.0.1", "127.0.0.1:", ":7000", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:7x",
        "127.0.0.1: 7", "127.0.0.1:000001", "::1:7000", "[::1]", "[::1]7000", "[::1:7000", "::1]:7000",
        "[127.0.0.1]:7000",
        "[]:7000", "[::g]:7000", "a b:7000", "a/b:7000", "a\n:7000", "ü:7000", "127.0.0.1:٣",
    ]) func malformedAddressesAreRefused(text: String) {
        #expect(throws: TransportError.invalidAddress(text)) { try Endpoint(text) }
    }

    @Test func partsAreChecked() {
        for port in [-1, 65536, .min, .max] {
            #expect(throws: TransportError.invalidAddress("::1:\(port)")) { try Endpoint(host: "::1", port: port) }
        }
        #expect(throws: TransportError.invalidAddress(":80")) { try Endpoint(host: "", port: 80) }
        let long = String(repeating: "a", count: 254)
        #expect(throws: TransportError.invalidAddress("\(long):80")) { try Endpoint(host: long, port: 80) }
    }

    @Test(arguments: ["127.0.0.1", "127.255.3.4", "::1", "0:0:0:0:0:0:0:1", "localhost", "LocalHost"])
    func loopbackIsRecognised(host: String) throws {
        try #expect(Endpoint(host: host, port: 1).isLoopback)
    }

    @Test(arguments: [
        "0.0.0.0", "128.0.0.1", "10.0.0.1", "::", "::2", "1::1", "fe80::1", "::ffff:127.0.0.1", "example.org",
        "localhost.example.org", "127.0.0.1.example.org", "1.0.0.127",
    ]) func otherHostsAreNotLoopback(host: String) throws {
        try #expect(!Endpoint(host: host, port: 1).isLoopback)
    }
}

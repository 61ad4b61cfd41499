import Foundation
import Testing

/// One of the program's roles as a process of its own.
final class RunningRole {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    init(_ arguments: [String]) throws {
        process.executableURL = try Self.program()
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        // No calibration of this machine's user.
        process.environment = ProcessInfo.processInfo.environment.merging(["XDG_CACHE_HOME": "/nowhere"]) { $1 }
        try process.run()
    }

    /// The built `sotto`, beside the test bundle.
    static func program() throws -> URL {
        let places = [Bundle.main.bundleURL, Bundle.main.executableURL?.deletingLastPathComponent()]
            .compactMap { $0?.appendingPathComponent("sotto") }
        return try #require(places.first { FileManager.default.isExecutableFile(atPath: $0.path) })
    }

    /// The address that a listening role prints first.
    func address() throws -> String {
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 10 {
            line += byte
        }
        let text = String(decoding: line, as: UTF8.self)
        try #require(text.hasPrefix("listening on 127.0.0.1:"), "said \(text)")
        return String(text.dropFirst("listening on ".count))
    }

    func finish() throws -> (status: Int32, output: Data, errors: String) {
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, data, String(decoding: said, as: UTF8.self))
    }

    /// Ends the process at once, as a crash would.
    func kill() { send(SIGKILL) }

    func send(_ signal: Int32) { Foundation.kill(process.processIdentifier, signal) }

    deinit { if process.isRunning { kill() } }
}

@Suite struct RoleTests {
    private static let plain = ["--insecure-plaintext", "--timeout", "20"]

    /// The server's process has to be told of every edit.
    @Test func aDemoOfAnEditedModel() throws {
        let result = try BuiltProgram.run(
            "demo", "tiny", "--tokens", "1", "--edit", "layers[0].ffn.activation=relu", "--edit", "final_norm=none")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("They are equal.") && result.output.contains("tiny, edited"))
    }

    @Test(arguments: ["tiny", "tiny-scfu"], ["ring64", "field"])
    func demoEqualsPlaintextAndEstimate(model: String, domain: String) throws {
        let prompt = "import os\n"
        let demo = try RunningRole(
            ["demo", model, "--prompt", prompt, "--tokens", "2", "--format", "json", "--domain", domain]
        ).finish()
        #expect(demo.status == 0, "\(demo.errors)")
        #expect(demo.errors.isEmpty)
        let report = try #require(try JSONSerialization.jsonObject(with: demo.output) as? [String: Any])
        let completion = try #require(report["completion"] as? [String: Any])
        #expect(completion["private"] as? String == completion["plaintext"] as? String)
        #expect(report["insecure"] as? Bool == false)
        #expect(report["domain"] as? String == domain)
        #expect(
            report["prime"] as? String == (domain == "field" ? "170141183460469231731687303715884105727" : nil))

        let estimate = try RunningRole(
            [
                "estimate", model, "--context", "\(prompt.utf8.count)", "--tokens", "2", "--format", "json", "--domain",
                domain,
            ]
        ).finish()
        let predicted = try #require(try JSONSerialization.jsonObject(with: estimate.output) as? [String: Any])
        #expect(Self.costs(report) == Self.costs(predicted))
    }

    /// Every operation without its times.
    private static func costs(_ report: [String: Any]) -> [String] {
        (report["operations"] as? [[String: Any]] ?? []).map { row in
            ["path", "phase", "bytes_sent", "dealer_bytes", "rounds", "depth", "flops"]
                .map { "\(row[$0] ?? "none")" }.joined(separator: " ")
        }
    }

    @Test func threeRolesInAnyOrder() throws {
        let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0", "--sessions", "1"] + Self.plain)
        let dealerAddress = try dealer.address()
        let server = try RunningRole(
            [
                "serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", dealerAddress, "--sessions", "1",
                "--share-times",
            ] + Self.plain)
        let client = try RunningRole(
            [
                "complete", "--connect", try server.address(), "--dealer", dealerAddress, "--input-ids", "100,101,102",
                "--tokens", "1", "--share-times", "--format", "json",
            ] + Self.plain
        ).finish()
        #expect(client.status == 0, "\(client.errors)")
        #expect(try server.finish().status == 0)
        #expect(try dealer.finish().status == 0)
        let report = try #require(try JSONSerialization.jsonObject(with: client.output) as? [String: Any])
        let completion = try #require(report["completion"] as? [String: Any])
        #expect(completion["plaintext"] == nil)
        #expect((report["wire_overhead_bytes"] as? [Int])?.allSatisfy { $0 > 0 } == true)
        #expect((report["peak_memory_bytes"] as? [Int])?.allSatisfy { $0 > 1 << 20 } == true)
    }

    /// One server and one dealer go on after clients that ask for too much or talk nonsense.
    @Test func aServerOutlivesItsClientsMistakes() throws {
        let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0"] + Self.plain)
        let dealerAddress = try dealer.address()
        let server = try RunningRole(
            ["serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", dealerAddress] + Self.plain)
        let address = try server.address()
        func complete(_ arguments: [String]) throws -> (status: Int32, output: Data, errors: String) {
            try RunningRole(
                ["complete", "--connect", address, "--dealer", dealerAddress] + arguments + Self.plain
            ).finish()
        }
        let long = try complete(["--prompt", String(repeating: "a", count: 129), "--tokens", "1"])
        #expect(long.status == 64)
        #expect(long.errors.contains("context of 128"))
        let foreign = try complete(["--input-ids", "256", "--tokens", "1"])
        #expect(foreign.status == 65)
        #expect(foreign.output.isEmpty)
        #expect(try complete(["--prompt", "ok", "--tokens", "1"]).status == 0)
        #expect(try complete(["--prompt", "again", "--tokens", "1"]).status == 0)
        let numbers = try complete(["--input-ids", "100,10,101", "--tokens", "1"])
        let shown = String(decoding: numbers.output, as: UTF8.self).split(separator: "\n").prefix(2)
        #expect(shown.first == #"prompt      "d\ne""# && shown.last?.hasPrefix(#"completion  ""#) == true)
        server.kill()
        dealer.kill()
    }

    @Test func aServerThatDiesIsNoticedAndNamed() throws {
        let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0", "--sessions", "1"] + Self.plain)
        let dealerAddress = try dealer.address()
        let server = try RunningRole(
            ["serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", dealerAddress, "--sessions", "1"] + Self.plain)
        let client = try RunningRole(
            [
                "complete", "--connect", try server.address(), "--dealer", dealerAddress, "--prompt", "def f(x):",
                "--tokens", "100",
            ] + Self.plain)
        Thread.sleep(forTimeInterval: 1.5)
        server.kill()
        let end = try client.finish()
        #expect(end.status == 69, "\(end.errors)")
        #expect(end.errors.contains("server"))
        #expect(end.errors.split(separator: "\n").count == 1)
        dealer.kill()
    }

    @Test func aClientThatIsNoneIsRefused() throws {
        let server = try RunningRole(
            ["serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", "127.0.0.1:9", "--sessions", "1"] + Self.plain)
        let client = try RunningRole(
            [
                "complete", "--connect", try server.address(), "--dealer", "127.0.0.1:9", "--prompt", "x",
                "--insecure-plaintext", "--timeout", "1",
            ]
        ).finish()
        #expect(client.status == 69, "\(client.errors)")
        #expect(client.errors.contains("127.0.0.1:9"))
        server.kill()
    }

    /// Both parties and the dealer must mean the same prime.
    @Test(
        arguments: [
            (["--domain", "field"], [], []), ([], ["--domain", "field"], []), ([], [], ["--domain", "field"]),
            (["--domain", "field"], ["--domain", "field"], ["--domain", "field", "--prime-bits", "126"]),
            (["--domain", "field", "--prime-bits", "126"], ["--domain", "field"], ["--domain", "field"]),
        ] as [([String], [String], [String])])
    func otherDomainsAreProtocolErrors(ofDealer: [String], ofServer: [String], ofClient: [String]) throws {
        let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0"] + ofDealer + Self.plain)
        let dealerAddress = try dealer.address()
        let server = try RunningRole(
            ["serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", dealerAddress] + ofServer + Self.plain)
        let client = try RunningRole(
            [
                "complete", "--connect", try server.address(), "--dealer", dealerAddress, "--prompt", "x", "--tokens",
                "1",
            ] + ofClient + Self.plain
        ).finish()
        #expect(client.status == 76, "\(client.errors)")
        #expect(client.errors.contains("field modulo"), "\(client.errors)")
        #expect(client.errors.split(separator: "\n").count == 1)
        server.kill()
        dealer.kill()
    }

    @Test(arguments: [
        (["serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", "127.0.0.1:9"], "--insecure-plaintext"),
        (["deal", "--listen", "0.0.0.0:0", "--insecure-plaintext"], "127.0.0.1"),
        (["deal", "--listen", "nonsense", "--insecure-plaintext"], "HOST:PORT"),
        (["complete", "--connect", "127.0.0.1:9", "--dealer", "127.0.0.1:9", "--insecure-plaintext"], "--prompt"),
        (["demo", "--tokens", "0"], "--tokens"),
        (
            ["deal", "--to", "nowhere", "tiny", "--context", "4", "--timeout", "9"],
            "--timeout is of a dealer that listens"
        ),
        (["deal", "--to", "nowhere", "tiny", "--context", "4", "--max-sessions", "9"], "--max-sessions"),
        (["deal", "--to", "nowhere", "tiny", "--context", "4", "--quiet"], "--quiet"),
        (["demo", "--protocol", "fss", "--domain", "field"], "--protocol fss --preprocessing dealer --domain ring64"),
    ])
    func badUsageIsSaidInOneSentence(arguments: [String], hint: String) throws {
        let end = try RunningRole(arguments).finish()
        #expect(end.status == 64)
        #expect(end.output.isEmpty)
        #expect(end.errors.contains(hint), "\(end.errors)")
        #expect(end.errors.split(separator: "\n").count == 1)
    }
}

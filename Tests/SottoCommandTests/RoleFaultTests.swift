import Foundation
import Testing

/// What roles do when others fail, and what they grant.
@Suite struct RoleFaultTests {
    private static let plain = ["--insecure-plaintext", "--timeout", "1.5"]

    /// A dealer and a server that go on, and what a client makes of them.
    private final class Roles {
        let dealer: RunningRole
        let server: RunningRole
        private let addresses: [String]

        init(serve: [String] = [], both: [String] = []) throws {
            dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0"] + both + plain)
            let dealerAddress = try dealer.address()
            server = try RunningRole(
                ["serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", dealerAddress] + serve + both + plain)
            addresses = ["--connect", try server.address(), "--dealer", dealerAddress]
        }

        func client(_ arguments: [String]) throws -> RunningRole {
            try RunningRole(["complete"] + addresses + arguments + plain)
        }

        func complete(_ arguments: [String]) throws -> (status: Int32, output: Data, errors: String) {
            try client(arguments).finish()
        }
    }

    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// A bounded run of the script of faults; longer ones by hand.
    @Test(
        .enabled(if: python != nil, "there is no Python to run the faults with"),
        arguments: [("numbers,noise,silence,orphans,streams", "1.5"), ("sessions,stops,frames", "4")])
    func theScriptOfFaultsFindsNothing(groups: String, timeout: String) async throws {
        let (status, said) = try await Waiting.aside { try Self.faults(groups: groups, timeout: timeout) }
        #expect(status == 0, "\(said)")
        #expect(said.contains("failures: 0"), "\(said)")
    }

    private static func faults(groups: String, timeout: String) throws -> (status: Int32, said: String) {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = [
            repository.appendingPathComponent("Benchmarks/Faults/faults.py").path, "--sotto",
            try RunningRole.program().path, "--timeout", timeout, "--groups", groups,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said)
    }

    /// A process that is stopped in the middle of a run is named, by a client that waits for another because of it.
    @Test(arguments: ["server", "dealer"], [SIGSTOP, SIGKILL])
    func whoFailsIsNamed(role: String, signal: Int32) async throws {
        let end = try await Waiting.aside {
            let roles = try Roles()
            let client = try roles.client(["--prompt", "def f(x):", "--tokens", "100"])
            Thread.sleep(forTimeInterval: 1)
            let failing = role == "server" ? roles.server : roles.dealer
            failing.send(signal)
            defer { failing.kill() }
            return try client.finish()
        }
        #expect(end.status == 69, "\(end.errors)")
        // Where it names another first, that one says who is at fault.
        #expect(end.errors.contains("\(role) at"), "\(end.errors)")
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
    }

    @Test func hiddenStatesNeedTheOwnersConsent() throws {
        let roles = try Roles(serve: ["--share-times"])
        let blocks = ["--blocks-only", "--context", "2"]
        let refused = try roles.complete(blocks)
        #expect(refused.status == 76 && refused.output.isEmpty)
        #expect(refused.errors.contains("--allow-blocks"), "\(refused.errors)")
        #expect(refused.errors.split(separator: "\n").count == 1)
        #expect(try Roles(serve: ["--allow-blocks"]).complete(blocks).status == 0)
        // One side alone shares nothing.
        let own = try roles.complete(["--prompt", "a", "--tokens", "1", "--format", "json"])
        #expect(own.status == 0, "\(own.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: own.output) as? [String: Any])
        #expect(report["peak_memory_bytes"] == nil && report["wire_overhead_bytes"] != nil)
        #expect((report["elapsed_seconds"] as? [String: Any])?["online"] as? Double ?? 0 > 0)
    }

    @Test func numbersAreShownApart() throws {
        let files = try TemporaryDirectory()
        let model = try SmallModel(in: files)
        let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0"] + Self.plain)
        let address = try dealer.address()
        let server = try RunningRole(
            ["serve", model.path, "--listen", "127.0.0.1:0", "--dealer", address] + Self.plain)
        let client = try RunningRole(
            [
                "complete", "--connect", try server.address(), "--dealer", address, "--input-ids", "1,2,3", "--tokens",
                "2",
            ] + Self.plain
        ).finish()
        let lines = String(decoding: client.output, as: UTF8.self).split(separator: "\n")
        #expect(client.status == 0 && lines.count > 2, "\(client.errors)")
        #expect(lines.first == "prompt      1,2,3")
        #expect(lines.dropFirst().first?.hasPrefix("completion  ") == true)
    }

    /// A session leaves a line, unless nobody wants it, and a signal ends a role when nobody needs it any more.
    @Test(arguments: [SIGTERM, SIGINT], [true, false])
    func signalsEndARoleInOrder(signal: Int32, isQuiet: Bool) throws {
        let roles = try Roles(both: isQuiet ? ["--quiet"] : [])
        #expect(try roles.complete(["--prompt", "secret", "--tokens", "2"]).status == 0)
        for role in [roles.server, roles.dealer] {
            role.send(signal)
            let end = try role.finish()
            #expect(end.status == 0, "\(end.errors)")
            #expect(end.errors.split(separator: "\n").count == (isQuiet ? 0 : 1), "\(end.errors)")
            #expect(isQuiet || end.errors.contains("2 runs") && end.errors.contains("client at 127.0.0.1:"))
            #expect(!end.errors.contains("secret"))
        }
    }

    @Test(arguments: [
        "--sessions=0", "--sessions=-1", "--sessions=9223372036854775807", "--sessions=9223372036854775808",
        "--max-sessions=0", "--max-sessions=100000", "--max-positions=0", "--max-positions=65537",
        "--idle-timeout=0", "--idle-timeout=-1", "--idle-timeout=nan", "--idle-timeout=1e308", "--timeout=inf",
        "--max-queries=0", "--max-queries=-5", "--allow-outputs=blocks", "--allow-outputs=",
    ])
    func limitsThatAreNoneAreRefused(option: String) throws {
        let serve = ["serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", "127.0.0.1:9"]
        let deal = ["deal", "--listen", "127.0.0.1:0"]
        let isOfServer = option.hasPrefix("--max-queries") || option.hasPrefix("--allow")
        for role in isOfServer ? [serve] : [serve, deal] {
            let result = try BuiltProgram.refusal(role + ["--insecure-plaintext", option])
            #expect(result.status == 64, "\(option): \(result.error)")
            #expect(result.output.isEmpty && result.error.split(separator: "\n").count == 1)
        }
    }
}

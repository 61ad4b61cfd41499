import Foundation
import Testing

/// Keys dealt ahead to files, and the roles that use them.
@Suite struct DealAheadCommandTests {
    private static let plain = ["--insecure-plaintext", "--timeout", "20"]

    private static func deal(_ files: TemporaryDirectory, _ options: String...) throws -> BuiltProgram.Result {
        try BuiltProgram.run(["deal", "--to", files.path("keys"), "tiny"] + options)
    }

    private static func serve(_ keys: String, _ options: [String] = []) throws -> RunningRole {
        try RunningRole(
            ["serve", "tiny", "--listen", "127.0.0.1:0", "--keys", keys, "--sessions", "1"] + options + plain)
    }

    private static func complete(
        _ address: String, _ keys: String, _ options: [String] = ["--prompt", "import ", "--tokens", "2"]
    ) throws -> (status: Int32, output: Data, errors: String) {
        try RunningRole(
            ["complete", "--connect", address, "--keys", keys, "--format", "json"] + options + plain
        ).finish()
    }

    /// Two completions, of which the second has other keys; a third has none.
    @Test(arguments: ["ot", "fss"]) func aSetServesAsManyCompletionsAsItWasDealtFor(suite: String) throws {
        let files = try TemporaryDirectory()
        let dealt = try Self.deal(
            files, "--context", "7", "--tokens", "2", "--completions", "2", "--protocol", suite)
        #expect(dealt.status == 0 && dealt.error.isEmpty, "\(dealt.error)")
        #expect(dealt.output.hasPrefix("4 runs dealt ahead to "))
        let keys = ["server", "client"].map { files.path("keys/\($0).keys") }
        let fresh = try keys.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        var used = fresh
        for _ in 0..<2 {
            let server = try Self.serve(keys[0], ["--protocol", suite])
            let client = try Self.complete(
                try server.address(), keys[1], ["--prompt", "import ", "--tokens", "2", "--protocol", suite])
            #expect(client.status == 0, "\(client.errors)")
            #expect(try server.finish().status == 0)
            try Self.expectCosts(of: client.output, suite)
            let after = try keys.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
            for (before, after) in zip(used, after) { #expect(before != after && before.count == after.count) }
            used = after
        }
        // Places and seeds of four runs end before this.
        #expect(fresh[0][16384...].contains { $0 != 0 } && used[0][16384...].allSatisfy { $0 == 0 })
        let server = try Self.serve(keys[0], ["--protocol", suite])
        let third = try Self.complete(
            try server.address(), keys[1], ["--prompt", "import ", "--tokens", "1", "--protocol", suite])
        #expect(third.status == 65 || third.status == 76, "\(third.status)")
        #expect(third.errors.contains("All 4 runs"), "\(third.errors)")
        server.kill()
    }

    /// Bytes from the file stand where those of a dealer stand, and are those of estimates of both whole prefixes.
    private static func expectCosts(of output: Data, _ suite: String) throws {
        func costs(_ data: Data) throws -> [String: [Int]] {
            let report = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let rows = (report["operations"] as? [[String: Any]] ?? []).map { row in
                let bytes = ["bytes_sent", "dealer_bytes"].flatMap { row[$0] as? [Int] ?? [] }
                return ("\(row["phase"] ?? "none") \(row["path"] ?? "none")", bytes + [row["rounds"] as? Int ?? -1])
            }
            return Dictionary(uniqueKeysWithValues: rows)
        }
        let estimates = try ["7", "8"].map { context in
            let estimate = try BuiltProgram.run(
                "estimate", "tiny", "--context", context, "--positions", "last", "--format", "json", "--protocol",
                suite)
            return try costs(Data(estimate.output.utf8))
        }
        let runs = estimates[1].filter { !$0.key.hasPrefix("setup") }
        let expected = estimates[0].merging(runs) { zip($0, $1).map { $0 + $1 } }
        #expect(try costs(output) == expected && !expected.isEmpty)
    }

    /// The run whose keys were out is lost, at both parties, and the next session goes on after it.
    @Test(arguments: ["server", "client"]) func aRoleThatDiesLosesItsRunAlone(victim: String) throws {
        let files = try TemporaryDirectory()
        #expect(try Self.deal(files, "--context", "7", "--completions", "4").status == 0)
        let keys = ["server", "client"].map { files.path("keys/\($0).keys") }
        let options = ["--prompt", "import ", "--tokens", "1"]
        let server = try Self.serve(keys[0])
        let client = try RunningRole(
            ["complete", "--connect", try server.address(), "--keys", keys[1]] + options + Self.plain)
        let (file, dying) = victim == "server" ? (keys[0], server) : (keys[1], client)
        let deadline = ContinuousClock.now + .seconds(20)
        while try Self.cursor(file) == 0, ContinuousClock.now < deadline { usleep(200) }
        dying.kill()
        let status = try client.finish().status
        #expect(victim == "client" || status == 0 || status == 69, "\(status)")
        server.kill()
        _ = try server.finish()
        let later = try keys.map(Self.cursor).max()
        #expect(later == 1)
        let next = try Self.serve(keys[0])
        let end = try Self.complete(try next.address(), keys[1], options)
        #expect(end.status == 0, "\(end.errors)")
        #expect(try next.finish().status == 0)
        #expect(try keys.map(Self.cursor) == [2, 2])
    }

    /// The run that comes next, as the first copy of a file's state has it.
    private static func cursor(_ path: String) throws -> Int {
        let state = try Data(contentsOf: URL(fileURLWithPath: path))[4096 + 24..<4096 + 28]
        return state.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    @Test func filesThatAreNotThePartysAreRefusedBeforeAnybodyWaits() throws {
        let files = try TemporaryDirectory()
        #expect(try Self.deal(files, "--context", "3").status == 0)
        let again = try Self.deal(files, "--context", "3")
        #expect(again.status == 65 && again.error.contains("server.keys is there already"), "\(again.error)")
        let (server, client) = (files.path("keys/server.keys"), files.path("keys/client.keys"))
        let cases: [([String], String)] = [
            (["--keys", client], "the key file is the client's"), (["--keys", files.path("none")], "no such file"),
            (["--keys", server, "--protocol", "fss"], "start both parties as the keys were dealt"),
            (["--keys", try files.file("text", Data("hello".utf8))], "rights"),
        ]
        for (options, hint) in cases {
            let end = try BuiltProgram.run(["serve", "tiny", "--listen", "127.0.0.1:0"] + options + Self.plain)
            #expect(end.status == 65 && end.output.isEmpty)
            #expect(end.error.lowercased().contains(hint), "\(end.error)")
            #expect(end.error.split(separator: "\n").count == 1)
        }
    }

    /// One process at a time has a file.
    @Test func aFileInUseIsNotOpened() throws {
        let files = try TemporaryDirectory()
        #expect(try Self.deal(files, "--context", "3").status == 0)
        let server = try Self.serve(files.path("keys/server.keys"))
        _ = try server.address()
        let second = try BuiltProgram.run(
            ["serve", "tiny", "--listen", "127.0.0.1:0", "--keys", files.path("keys/server.keys")] + Self.plain)
        #expect(second.status == 69 && second.error.contains("in use"), "\(second.error)")
        server.kill()
    }

    /// Keys are used by both parties or by none.
    @Test func aClientWithoutKeysIsToldSo() throws {
        let files = try TemporaryDirectory()
        #expect(try Self.deal(files, "--context", "3").status == 0)
        let server = try Self.serve(files.path("keys/server.keys"))
        let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0"] + Self.plain)
        let address = try server.address()
        let client = try RunningRole(
            [
                "complete", "--connect", address, "--dealer", try dealer.address(), "--prompt", "abc",
                "--tokens", "1",
            ] + Self.plain
        ).finish()
        #expect(client.status == 76 && client.errors.contains("set of keys"), "\(client.errors)")
        let other = try Self.complete(
            address, files.path("keys/client.keys"), ["--input-ids", "1,2", "--tokens", "1"])
        #expect(other.status == 65 || other.status == 76, "\(other.errors)")
        #expect(other.errors.contains("3 positions"), "\(other.errors)")
        server.kill()
        dealer.kill()
    }

    @Test(arguments: [
        (["deal", "--to", "d"], "MODEL"), (["deal", "--to", "d", "tiny"], "--context"),
        (["deal", "--to", "d", "tiny", "--context", "0"], "--context"),
        (["deal", "--to", "d", "tiny", "--context", "120", "--tokens", "10"], "context of 128"),
        (["deal", "--to", "d", "tiny", "--context", "1", "--tokens", "100", "--completions", "65536"], "65536 runs"),
        (["deal", "--to", "d", "tiny", "--context", "1", "--blocks-only", "--tokens", "2"], "--blocks-only"),
        (["deal", "--to", "d", "tiny", "--context", "1", "--sessions", "2"], "--completions"),
        (["deal", "--to", "d", "tiny", "--context", "1", "--preprocessing", "two-party"], "no dealer"),
        (
            ["deal", "--to", "d", "tiny", "--context", "1", "--listen", "127.0.0.1:0", "--insecure-plaintext"],
            "--listen"
        ),
        (["deal", "--listen", "127.0.0.1:0", "--context", "1", "--insecure-plaintext"], "--to"),
        (["deal"], "--listen"),
        (["complete", "--connect", "127.0.0.1:9", "--prompt", "x", "--insecure-plaintext"], "--keys"),
        (
            [
                "complete", "--connect", "127.0.0.1:9", "--prompt", "x", "--keys", "a", "--dealer", "127.0.0.1:9",
                "--insecure-plaintext",
            ], "in place of"
        ),
        (
            [
                "complete", "--connect", "127.0.0.1:9", "--prompt", "x", "--keys", "a", "--preprocessing",
                "two-party", "--insecure-plaintext",
            ], "leave out --keys"
        ),
    ])
    func badUsageIsSaidInOneSentence(arguments: [String], hint: String) throws {
        let end = try BuiltProgram.run(arguments)
        #expect(end.status == 64 && end.output.isEmpty)
        #expect(end.error.contains(hint), "\(end.error)")
        #expect(end.error.split(separator: "\n").count == 1)
    }
}

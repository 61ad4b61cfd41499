import Foundation
import Testing
import Transport

/// Roles that may open few files.
@Suite struct DescriptorTests {
    /// Starts the program with a limit on open files.
    private func start(
        limit: Int, _ arguments: [String], output: Pipe, errors: Pipe
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments =
            ["-c", "ulimit -n \(limit) && exec \"$0\" \"$@\"", try BuiltProgram.executable().path] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        return process
    }

    private let deal = ["deal", "--listen", "127.0.0.1:0", "--insecure-plaintext"]

    @Test(arguments: [4, 5, 6]) func tooFewForAnEventLoopIsASentence(limit: Int) throws {
        let (output, errors) = (Pipe(), Pipe())
        let process = try start(limit: limit, deal, output: output, errors: errors)
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 69)
        #expect(said.contains("raise the limit (ulimit -n)"), "\(said)")
        #expect(said.split(separator: "\n").count == 1, "\(said)")
    }

    /// With room for one connection the others wait, and are taken when it has ended.
    @Test func aListenerGoesOnWhenDescriptorsAreFreeAgain() throws {
        let (output, errors) = (Pipe(), Pipe())
        let process = try start(limit: 8, deal, output: output, errors: errors)
        defer { process.terminate() }
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 10 {
            line += byte
        }
        let endpoint = try Endpoint(String(decoding: line.dropFirst("listening on ".count), as: UTF8.self))
        let transport = try TCPTransport()
        defer { transport.shutdown() }
        // The wait for a greeting, which the dealer begins with its own, is what shows that it accepted.
        func greet(_ channel: TCPChannel, within time: Duration) -> Bool {
            (try? channel.receiveControl(limit: Handshake.byteLimit, within: time)) != nil
        }
        let clients = try (0..<4).map { _ in
            try TCPChannel.connect(host: endpoint.host, port: endpoint.port, transport: transport)
        }
        #expect(greet(clients[0], within: .seconds(30)))
        #expect(!greet(clients[1], within: .milliseconds(300)))
        clients[0].close()
        #expect(greet(clients[1], within: .seconds(30)))
        for client in clients { client.close() }
        let last = try TCPChannel.connect(host: endpoint.host, port: endpoint.port, transport: transport)
        #expect(greet(last, within: .seconds(30)))
        last.close()
        #expect(process.isRunning)
    }
}

import Foundation
import SottoTransport
import Testing

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

    /// Where the role listens, from its first line.
    private func endpoint(saidIn output: Pipe) throws -> Endpoint {
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 10 {
            line += byte
        }
        return try Endpoint(String(decoding: line.dropFirst("listening on ".count), as: UTF8.self))
    }

    /// The wait for a greeting, which the dealer begins with its own, is what shows that it accepted.
    private func greet(_ channel: TCPChannel, within time: Duration) -> Bool {
        (try? channel.receiveControl(limit: Handshake.byteLimit, within: time)) != nil
    }

    /// What a dealer with one connection has open.
    private func openFiles(withOneConnectionOver transport: TCPTransport) throws -> Int {
        let (output, errors) = (Pipe(), Pipe())
        let process = try start(limit: 64, deal, output: output, errors: errors)
        defer { process.terminate() }
        let endpoint = try endpoint(saidIn: output)
        let client = try TCPChannel.connect(host: endpoint.host, port: endpoint.port, transport: transport)
        defer { client.close() }
        #expect(greet(client, within: .seconds(30)))
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count
    }

    private let deal = ["deal", "--listen", "127.0.0.1:0", "--insecure-plaintext"]

    @Test(arguments: [4, 6, 8, 10]) func tooFewForAnEventLoopIsASentence(limit: Int) throws {
        let (output, errors) = (Pipe(), Pipe())
        let process = try start(limit: limit, deal, output: output, errors: errors)
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 69)
        #expect(said.contains("raise the limit (ulimit -n)"), "\(said)")
        #expect(said.split(separator: "\n").count == 1, "\(said)")
    }

    /// With room for few connections the others wait, and are taken when those have ended.
    @Test func aListenerGoesOnWhenDescriptorsAreFreeAgain() throws {
        let transport = try TCPTransport()
        defer { transport.shutdown() }
        // A child may get descriptors from this process that its sibling did not, as other tests start processes too.
        let limit = try openFiles(withOneConnectionOver: transport) + 3
        let (output, errors) = (Pipe(), Pipe())
        let process = try start(limit: limit, deal, output: output, errors: errors)
        defer { process.terminate() }
        let endpoint = try endpoint(saidIn: output)
        let clients = try (0..<10).map { _ in
            try TCPChannel.connect(host: endpoint.host, port: endpoint.port, transport: transport)
        }
        #expect(greet(clients[0], within: .seconds(30)))
        let waiting = try #require(clients.dropFirst().firstIndex { !greet($0, within: .milliseconds(300)) })
        for client in clients[..<waiting] { client.close() }
        #expect(greet(clients[waiting], within: .seconds(30)))
        for client in clients { client.close() }
        let last = try TCPChannel.connect(host: endpoint.host, port: endpoint.port, transport: transport)
        #expect(greet(last, within: .seconds(30)))
        last.close()
        #expect(process.isRunning)
    }
}

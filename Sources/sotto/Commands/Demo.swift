import ArgumentParser
import CostModel
import Foundation
import SecureComputation
import Transformer
import Transport

/// Server, client and dealer as processes of their own, on loopback.
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a private completion between three processes on this machine.",
        discussion: """
            Starts a dealer, a server and a client on loopback over plain TCP, prints the private completion, whether it \
            equals the plaintext completion, and what every operation cost.
            """)

    @Argument(help: "A built-in model (tiny, tiny-scfu), or a directory in Hugging Face layout with a byte tokenizer.")
    var model = "tiny"

    @Option(help: "The text to complete.")
    var prompt = "def __init__(self"

    @Option(help: "How many tokens to add.")
    var tokens: Int = 16

    @Option(help: "Another architecture for the model, with random weights: one of the paper's names or a JSON file.")
    var architecture: String?

    @Option(help: "Seed of random weights.")
    var seed: UInt64 = 0

    @Option(help: "Seconds that a process waits for another before it gives up.")
    var timeout: Double = 60

    @Option(help: "text or json.")
    var format: RoleFormat = .text

    func validate() throws {
        guard tokens >= 1 else { throw ValidationError("--tokens takes 1 or more.") }
        guard !prompt.isEmpty else { throw ValidationError("--prompt must not be empty.") }
    }

    func run() throws {
        let start = Date().timeIntervalSince1970
        if format == .text {
            print("Server, client and dealer talk over plain TCP on loopback (--insecure-plaintext).")
            fflush(nil)
        }
        var report = try privateCompletion(startedAt: start)
        let change = try architecture.map { try ModelSource.ArchitectureOverride(argument: $0) }
        let loaded = try ModelSource.load(model, architectureOverride: change, seed: seed)
        let ids = ByteTokenizer().encode(prompt)
        let plain = try ReferenceModel(loaded.weights).greedyCompletion(of: ids, count: tokens)
        report.completion?.plaintext = try ByteTokenizer().decode(plain)
        let difference = report.firstDifference(from: try estimate(loaded.weights.architecture, ids.count))
        switch format {
        case .json: print(try report.json())
        case .text: show(report, difference, isEqual: plain == report.completion?.tokens)
        }
        if let difference { throw DemoError.costDiffers("\(difference)") }
    }

    /// Starts the three processes and takes the client's report.
    private func privateCompletion(startedAt start: Double) throws -> CostReport {
        let common = ["--insecure-plaintext", "--timeout", "\(timeout)"]
        let dealer = try RoleProcess(["deal", "--listen", "127.0.0.1:0", "--sessions", "1"] + common)
        defer { dealer.stop() }
        let dealerAddress = try dealer.address()
        var serve = ["serve", model, "--listen", "127.0.0.1:0", "--dealer", dealerAddress, "--sessions", "1"]
        serve += ["--seed", "\(seed)"] + (architecture.map { ["--architecture", $0] } ?? [])
        let server = try RoleProcess(serve + common)
        defer { server.stop() }
        let client = try RoleProcess(
            [
                "complete", "--connect", try server.address(), "--dealer", dealerAddress, "--prompt=\(prompt)",
                "--tokens", "\(tokens)", "--format", "json", "--started-at", "\(start)",
            ] + common)
        defer { client.stop() }
        let output = try client.output()
        return try JSONDecoder().decode(CostReport.self, from: output)
    }

    /// What the cost interpreter predicts for the same completion.
    private func estimate(_ architecture: Architecture, _ prompt: Int) throws -> CostReport {
        var cost = SessionCost()
        for token in 0..<tokens where prompt + token <= architecture.context {
            let program = try ForwardPass(architecture: architecture, new: prompt + token, output: .last).program()
            if token == 0 { cost.recordSetup(of: program) }
            cost.record(program)
        }
        return cost.report(
            CostReport.Configuration(
                model: model, architecture: architecture.description, context: prompt,
                positions: ForwardPass.Output.last.rawValue, insecure: false))
    }

    private func show(_ report: CostReport, _ difference: CostDifference?, isEqual: Bool) {
        guard let completion = report.completion else { return }
        print("prompt               \(completion.prompt.debugDescription)")
        print("private completion   \(completion.private.debugDescription)")
        print("plaintext completion \((completion.plaintext ?? "").debugDescription)")
        print(isEqual ? "They are equal." : "They differ.")
        if let seconds = completion.secondsToFirstToken {
            print(String(format: "First private token after %.2f s.", seconds))
        }
        print()
        print(report.rendered())
        print(
            difference.map { "The estimate differs: \($0)." }
                ?? "sotto estimate predicts every byte and round of this run.")
    }
}

enum DemoError: Error, CustomStringConvertible {
    case costDiffers(String)
    case processFailed(role: String, status: Int32)
    case noAddress(role: String)

    var description: String {
        switch self {
        case .costDiffers(let place): "The metered cost differs from the estimate at \(place)."
        case .processFailed(let role, let status): "The \(role) process ended with status \(status)."
        case .noAddress(let role): "The \(role) process ended before it listened."
        }
    }
}

/// This program again, in another role, with its standard output in a pipe.
private final class RoleProcess {
    private let process = Process()
    private let pipe = Pipe()
    private let role: String

    init(_ arguments: [String]) throws {
        role = arguments[0]
        process.executableURL = Bundle.main.executableURL
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// The address that a listening role prints first.
    func address() throws -> String {
        var line = Data()
        while let byte = try pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 10 {
            line += byte
        }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix(RoleOptions.listeningPrefix) else { throw DemoError.noAddress(role: role) }
        return String(text.dropFirst(RoleOptions.listeningPrefix.count))
    }

    /// All of the role's output, once it has ended well.
    func output() throws -> Data {
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw DemoError.processFailed(role: role, status: process.terminationStatus)
        }
        return data
    }

    func stop() { if process.isRunning { process.terminate() } }
}

import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRuns
import SottoSecureComputation
import SottoTokenization
import SottoTransport

/// Server, client and, where there is one, dealer as processes of their own, on loopback.
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a private completion between processes on this machine.",
        discussion: """
            Starts a dealer (none with --preprocessing two-party), a server and a client on loopback over plain TCP, prints \
            the private completion, whether it equals the plaintext completion, and what every operation cost.
            """)

    @Argument(help: "A built-in model (tiny, tiny-scfu), or a directory in Hugging Face layout.")
    var model = "tiny"

    @OptionGroup var prompt: PromptOptions
    private static let usualPrompt = "def __init__(self"

    @Option(help: "How many tokens to add. (default: 16)", transform: Number.integer(Number.positions))
    var tokens: Int = 16

    @Flag(help: PrefetchHelp.text)
    var prefetch = false

    @OptionGroup var variant: VariantOptions
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var range: RangeOptions
    @OptionGroup var output: OutputOptions

    @Option(
        help: ArgumentHelp(
            "How long a process waits for another before it gives up. (default: 60)", valueName: "seconds"),
        transform: Number.real(.leastNonzeroMagnitude...86_400))
    var timeout: Double = 60

    func run() throws {
        let start = Date().timeIntervalSince1970
        let source = try ModelSource(model)
        let architecture = try variant.limited(variant.change.architecture(of: source))
        guard let given = try prompt.given(default: Self.usualPrompt) else { return }
        // Of one that is not supported, ids do without.
        let tokenizer = if case .ids = given { try? source.tokenizer() } else { try source.tokenizer() }
        let ids = try given.tokens(
            tokenizer,
            otherwise: "\(source.name) has no tokenizer; give --input-ids or --input-ids-file instead of a text.")
        guard ids.count + tokens - 1 <= architecture.context else {
            throw UsageError(
                "\(ids.count + tokens - 1) positions do not fit the model's context of \(architecture.context); "
                    + "shorten the prompt or lower --tokens.")
        }
        if output.format == .text {
            let roles = try protocols.target().usesDealer ? "Server, client and dealer" : "Server and client"
            try Output.write("\(roles) talk over plain TCP on loopback (--insecure-plaintext).\n")
        }
        let weights = try loadedWeights(source)
        let plain = try ReferenceModel(weights).greedyCompletion(of: ids, count: tokens)
        let finding = try checkedRange(weights, ids + plain)
        var report = try privateCompletion(of: given, startedAt: start)
        report.range = finding.map { CostReport.Range($0) }
        report.completion?.plaintext =
            (try? tokenizer?.texts(prompt: ids, completion: plain).completion)
            ?? plain.map(String.init).joined(separator: ",")
        let difference = report.firstDifference(from: try estimate(architecture, report))
        if output.format == .text { try show(report, isEqual: plain == report.completion?.tokens) }
        try Output.write(report, output)
        if let difference { throw DemoError.costDiffers("\(difference)") }
        if output.format == .text {
            try Output.write("\nsotto estimate predicts every byte and every round of this run.\n")
        }
    }

    private func loadedWeights(_ source: ModelSource) throws -> ModelWeights {
        let loaded = try source.load(applying: variant.change.override(), seed: variant.seed).weights
        return try variant.layers.map { try loaded.firstLayers($0) } ?? loaded
    }

    private func checkedRange(_ weights: ModelWeights, _ tokens: [Int]) throws -> RangeFinding? {
        var check = RangeCheck(PreparedWeights(weights), target: try protocols.target())
        try check.check(completion: tokens, architecture: weights.architecture)
        if !range.allowOutOfRange { try check.requireWithin() }
        return check.finding
    }

    /// Starts the processes and takes the client's report.
    private func privateCompletion(of prompt: PromptOptions.Given, startedAt start: Double) throws -> CostReport {
        // Said once here rather than by every role.
        let crossovers = KnownCrossovers.ofThisMachine() == .standard ? ["--standard-crossovers"] : []
        let common = try ["--insecure-plaintext", "--timeout", "\(timeout)"] + crossovers + protocols.arguments()
        let listening = ["--listen", "127.0.0.1:0", "--sessions", "1", "--quiet"]
        let dealer = try protocols.target().usesDealer ? RoleProcess(["deal"] + listening + common) : nil
        defer { dealer?.stop() }
        let dealing = try dealer.map { ["--dealer", try $0.address()] } ?? []
        // Whoever starts all of them may know how long each took.
        var serve = ["serve", model, "--share-times"] + dealing + listening
        serve += ["--seed", "\(variant.seed)"]
        serve += variant.change.architecture.map { ["--architecture", $0] } ?? []
        serve += variant.change.edits.flatMap { ["--edit", $0] }
        serve += variant.layers.map { ["--layers", "\($0)"] } ?? []
        let server = try RoleProcess(serve + common)
        defer { server.stop() }
        let client = try RoleProcess(
            [
                "complete", "--connect", try server.address(), prompt.option, "-", "--tokens", "\(tokens)",
                "--share-times", "--format", "json", "--started-at", "\(start)",
            ] + dealing + (prefetch ? ["--prefetch"] : []) + network.arguments + common, input: prompt.input)
        defer { client.stop() }
        let output = try client.output()
        return try JSONDecoder().decode(CostReport.self, from: output)
    }

    /// What the cost interpreter predicts for the same completion.
    private func estimate(_ architecture: Architecture, _ measured: CostReport) throws -> CostReport {
        try EstimatedRun(
            of: NamedArchitecture(name: measured.model, notation: measured.architecture, architecture),
            .completion(tokens: tokens), positions: measured.context, protocols: protocols.session()
        ).report
    }

    /// Quoted, so that no control character reaches a terminal.
    private func show(_ report: CostReport, isEqual: Bool) throws {
        guard let completion = report.completion else { return }
        let first = completion.secondsToFirstToken.map {
            "First private token \(String(format: "%.2f", $0)) s after the start.\n"
        }
        try Output.write(
            """
            prompt                \(completion.prompt.debugDescription)
            private completion    \(completion.private.debugDescription)
            plaintext completion  \((completion.plaintext ?? "").debugDescription)
            \(isEqual ? "They are equal." : "They differ.") \(first ?? "")

            """)
    }
}

extension PromptOptions.Given {
    /// How the client is told that the prompt comes by its standard input.
    fileprivate var option: String {
        switch self {
        case .text: "--prompt-file"
        case .ids: "--input-ids-file"
        }
    }

    fileprivate var input: Data {
        switch self {
        case .text(let text): Data(text.utf8)
        case .ids(let ids): Data(ids.map(String.init).joined(separator: " ").utf8)
        }
    }
}

enum DemoError: Error, CustomStringConvertible {
    case costDiffers(String)
    /// The role has said on standard error why.
    case roleFailed(ExitStatus)
    case roleEnded(name: String)

    var description: String {
        switch self {
        case .costDiffers(let place): "The metered cost differs from the estimate at \(place)."
        case .roleFailed(let status): "A role of the demo ended with status \(status.rawValue)."
        case .roleEnded(let name):
            "The demo's process for \(name) was ended before its work was done; give the command again."
        }
    }
}

/// This program again, in another role, with its standard output in a pipe.
private final class RoleProcess {
    private let process = Process()
    private let pipe = Pipe()
    private let role: String

    /// - Parameter input: what the role reads from its standard input, where no list of processes shows it.
    init(_ arguments: [String], input: Data? = nil) throws {
        role = arguments[0]
        process.executableURL = Bundle.main.executableURL
        process.arguments = arguments
        process.standardOutput = pipe
        let given = input.map { _ in Pipe() }
        process.standardInput = given ?? FileHandle.nullDevice
        try process.run()
        // A role that has ended reads nothing, and its status says why.
        if let input { try? given?.fileHandleForWriting.write(contentsOf: input) }
        try? given?.fileHandleForWriting.close()
    }

    /// The address that a listening role prints first.
    func address() throws -> String {
        var line = Data()
        while let byte = try pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 10 {
            line += byte
        }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix(RoleOptions.listeningPrefix) else { throw failure() }
        return String(text.dropFirst(RoleOptions.listeningPrefix.count))
    }

    /// All of the role's output, once it has ended well.
    func output() throws -> Data {
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else { throw failure() }
        return data
    }

    /// Why a role has ended that should not have.
    private func failure() -> DemoError {
        // It has nothing left to say; one that goes on would not end by itself.
        stop()
        process.waitUntilExit()
        guard process.terminationReason == .exit, let status = ExitStatus(rawValue: process.terminationStatus),
            status != .success
        else { return .roleEnded(name: role) }
        return .roleFailed(status)
    }

    func stop() { if process.isRunning { process.terminate() } }
}

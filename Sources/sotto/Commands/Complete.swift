import ArgumentParser
import CostModel
import Foundation
import SecureComputation
import SottoModel
import SottoPrivateTransformer
import SottoSessions
import Transport

/// The client, a process of its own.
struct Complete: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Complete a prompt privately with a server's model.",
        discussion: "The client learns the architecture and the logits of the positions it asks for.")

    @Option(help: "HOST:PORT of the server.", transform: Endpoint.init(_:))
    var connect: Endpoint

    @Option(help: "HOST:PORT of the dealer.", transform: Endpoint.init(_:))
    var dealer: Endpoint

    @Option(help: "The text to complete.")
    var prompt: String?

    @Option(
        help: ArgumentHelp("Token ids to complete, in place of a text.", valueName: "1,2,3"), transform: TokenList.parse
    )
    var inputIds: TokenList?

    @Option(help: "How many tokens to add.")
    var tokens: Int = 16

    @Flag(help: "Run the model's blocks alone, on random hidden states, to measure them.")
    var blocksOnly = false

    @Option(help: "Positions of --blocks-only.")
    var context: Int = LengthOptions.defaultContext

    /// When the user's command began, in seconds since 1970, for the time to the first token.
    @Option(help: .hidden)
    var startedAt: Double?

    @Flag(help: PrefetchHelp.text)
    var prefetch = false

    @OptionGroup var sharing: ShareTimesOption
    @OptionGroup var role: RoleOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard [prompt != nil, inputIds != nil, blocksOnly].count(where: { $0 }) == 1 else {
            throw ValidationError("Give one of --prompt, --input-ids and --blocks-only")
        }
        guard prompt != "" else { throw ValidationError("--prompt must not be empty") }
        guard (1...65536).contains(tokens) else { throw ValidationError("--tokens must be 1 to 65536") }
        guard context >= 1 else { throw ValidationError("--context must be at least 1") }
    }

    func run() throws {
        let transport = try TCPTransport()
        let channel = try role.connect(toServer: connect, over: transport)
        let session = try ClientSession(
            channel: channel, configuration: try role.protocols.session(sharesTimes: sharing.shareTimes),
            threads: role.threads, prefetch: prefetch, budget: PassBudget(positions: Architecture.limits.context)
        ) {
            try role.connect(toDealer: dealer, over: transport)
        }
        defer {
            session.close()
            transport.shutdown()
        }
        var account = ClientAccount(session, networks: network.networks, prefetch: prefetch)
        if blocksOnly {
            guard context <= session.architecture.context else {
                throw UsageError(
                    "\(context) positions do not fit the model's context of \(session.architecture.context); "
                        + "lower --context.")
            }
            let hidden = Blocks.randomHidden(rows: context, width: session.architecture.width, seed: 0)
            account.record(try session.run(hidden: hidden.map(Double.init)))
            return try Output.write(account.report(context: context, positions: .blocks), output)
        }
        let ids = try promptTokens(session)
        let positions = ids.count + tokens - 1
        guard positions <= session.architecture.context else {
            throw UsageError(
                "\(positions) positions do not fit the model's context of \(session.architecture.context); "
                    + "shorten --prompt or lower --tokens.")
        }
        let start = startedAt ?? Date().timeIntervalSince1970
        var firstToken: Double?
        let bar = ProgressBar("completing")
        var done = 0
        let completion = try session.complete(
            prompt: ids, count: tokens,
            progress: { bar.update((Double(done) + Double($0) / Double($1)) / Double(tokens)) },
            token: { _, run in
                firstToken = firstToken ?? Date().timeIntervalSince1970 - start
                done += 1
                account.record(run)
            })
        bar.finish()
        var report = account.report(context: ids.count, positions: .last)
        report.completion = CostReport.Completion(
            prompt: text(ids, session), private: text(completion, session), tokens: completion,
            secondsToFirstToken: firstToken)
        if output.format == .text { try Output.write(shown(ids, completion, session)) }
        try Output.write(report, output)
    }

    private func promptTokens(_ session: ClientSession) throws -> [Int] {
        if let inputIds { return inputIds.tokens }
        guard session.usesByteTokenizer else {
            throw UsageError("The server's model has no byte tokenizer; give --input-ids instead of a text.")
        }
        return ByteTokenizer().encode(prompt ?? "")
    }

    /// The text goes on where the prompt ends; where the prompt was given in numbers, nobody could tell where that is, and a
    /// text is quoted.
    private func shown(_ prompt: [Int], _ completion: [Int], _ session: ClientSession) -> String {
        let (start, end) = (text(prompt, session), text(completion, session))
        guard inputIds != nil else { return "\(start)\(end)\n\n" }
        func quoted(_ text: String) -> String { session.usesByteTokenizer ? text.debugDescription : text }
        return "prompt      \(quoted(start))\ncompletion  \(quoted(end))\n\n"
    }

    private func text(_ ids: [Int], _ session: ClientSession) -> String {
        let plain = ids.map(String.init).joined(separator: ",")
        return session.usesByteTokenizer ? (try? ByteTokenizer().decode(ids)) ?? plain : plain
    }
}

/// The client's account of its session.
private struct ClientAccount {
    private let session: ClientSession
    private var cost: SessionCost
    private var last: AccountedRun?
    private var elapsed: CostReport.Elapsed

    init(_ session: ClientSession, networks: [Network], prefetch: Bool) {
        self.session = session
        cost = SessionCost(networks: networks)
        elapsed = CostReport.Elapsed(prefetched: prefetch)
    }

    mutating func record(_ run: ClientSession.Run) {
        if last == nil {
            cost.recordSetup(
                of: run.accounted.program, sentBytes: session.setup?.bytes, seconds: session.setup?.seconds,
                work: run.accounted.times.map(\.setupWork))
        }
        cost.record(run.accounted.program, trace: run.accounted.trace)
        last = run.accounted
        let times = run.accounted.times
        // The server is done with sending before the client has what was sent.
        elapsed.setup += times[Party.client.rawValue].setup
        elapsed.offline += times[Party.client.rawValue].offline
        elapsed.online += times.map(\.online).max() ?? 0
    }

    func report(context: Int, positions: ForwardPass.Output) -> CostReport {
        let agreed = session.configuration
        var report = cost.report(
            CostReport.Configuration(
                model: session.modelName, architecture: session.notation, protocol: agreed.protocolName,
                preprocessing: agreed.preprocessing, profile: agreed.profile, context: context,
                positions: positions.rawValue, insecure: false))
        report.wireOverheadBytes = last?.overheadBytesSent
        report.peakMemoryBytes = last?.peakMemoryBytes
        report.elapsed = elapsed
        return report
    }
}

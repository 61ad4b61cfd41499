import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRuns
import SottoSecureComputation
import SottoSessions
import SottoTokenization
import SottoTransport

/// The client, a process of its own.
struct Complete: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Complete a prompt privately with a server's model.",
        discussion: "The client learns the architecture and the logits of the positions it asks for.")

    @Option(help: "HOST:PORT of the server.", transform: Endpoint.init(_:))
    var connect: Endpoint

    @OptionGroup var dealer: DealerOptions

    @OptionGroup var prompt: PromptOptions

    @Option(
        help: ArgumentHelp(
            "A directory with the tokenizer of the server's model; without it the server is asked for it.",
            valueName: "dir"))
    var tokenizer: String?

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
        guard prompt.isGiven != blocksOnly else {
            throw ValidationError("Give one of \(PromptOptions.names), or --blocks-only")
        }
        guard !blocksOnly || tokenizer == nil else {
            throw ValidationError("--blocks-only has no text; leave out --tokenizer")
        }
        guard (1...65536).contains(tokens) else { throw ValidationError("--tokens must be 1 to 65536") }
        guard context >= 1 else { throw ValidationError("--context must be at least 1") }
        try role.validateConnections()
        try dealer.validate(for: role.protocols.target())
    }

    func run() throws {
        let given = try prompt.given()
        let own = try tokenizer.map { try ownTokenizer($0) }
        let keys = try dealer.keyFile(of: .client, target: role.protocols.target())
        let transport = try TCPTransport()
        let channel = try role.connect(toServer: connect, over: transport)
        let session = try ClientSession(
            channel: channel, configuration: try role.protocols.session(sharesTimes: sharing.shareTimes),
            threads: role.threads, crossovers: role.crossovers(), prefetch: prefetch,
            inferences: blocksOnly ? 1 : tokens, budget: PassBudget(positions: Architecture.limits.context), keys: keys
        ) {
            try role.connect(toDealer: dealer.endpoint(), over: transport)
        }
        defer {
            session.close()
            transport.shutdown()
        }
        guard let given else { return try Output.write(blocks(session), output) }
        let ids = try given.tokens(
            session.adoptTokenizer(own: own),
            otherwise: "The server's model has no tokenizer; name one with --tokenizer, or give --input-ids or "
                + "--input-ids-file instead of a text.")
        let positions = ids.count + tokens - 1
        guard positions <= session.architecture.context else {
            throw UsageError(
                "\(positions) positions do not fit the model's context of \(session.architecture.context); "
                    + "shorten the prompt or lower --tokens.")
        }
        let bar = ProgressBar("completing")
        let completion = try PrivateCompletion(
            of: ids, count: tokens, by: session, prefetch: prefetch, networks: network.networks,
            since: startedAt.map { Date(timeIntervalSince1970: $0) } ?? Date()
        ) { bar.update($0) }
        bar.finish()
        if output.format == .text, let texts = completion.report.completion {
            try Output.write(shown(texts, isQuoted: session.tokenizer != nil))
        }
        try Output.write(completion.report, output)
    }

    /// The account of the blocks on random hidden states.
    private func blocks(_ session: ClientSession) throws -> CostReport {
        guard context <= session.architecture.context else {
            throw UsageError(
                "\(context) positions do not fit the model's context of \(session.architecture.context); "
                    + "lower --context.")
        }
        let hidden = SimulationInput.randomHiddenStates(
            positions: context, width: session.architecture.width, seed: 0)
        var account = SessionAccount(of: session, prefetch: prefetch, networks: network.networks)
        account.record(try session.run(hidden: hidden.map(Double.init)))
        return account.report(context: context, output: .blocks)
    }

    private func ownTokenizer(_ path: String) throws -> any Tokenizer {
        let directory = URL(fileURLWithPath: path, isDirectory: true)
        // The directory of a model may name bytes in its configuration.
        let named = try? HuggingFaceModel.configuration(directory: directory).tokenizer
        guard let tokenizer = try named ?? TokenizerDirectory(directory).tokenizer() else {
            throw TokenizerError.missing(path: path)
        }
        return tokenizer
    }

    /// The text goes on where the prompt ends; where the prompt was given in numbers, nobody could tell where that is, and a
    /// text is quoted.
    private func shown(_ texts: CostReport.Completion, isQuoted: Bool) -> String {
        guard prompt.ids.isGiven else { return "\(texts.prompt)\(texts.private)\n\n" }
        func quoted(_ text: String) -> String { isQuoted ? text.debugDescription : text }
        return "prompt      \(quoted(texts.prompt))\ncompletion  \(quoted(texts.private))\n\n"
    }
}

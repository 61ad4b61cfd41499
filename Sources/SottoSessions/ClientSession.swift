import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import SottoTokenization
import SottoTransport

/// The client's side of a session: it learns the architecture, sends nothing of its prompt but its length, and gets
/// logits that only it can read.
public final class ClientSession {
    public let architecture: Architecture
    public let modelName: String
    /// What reports call the architecture.
    public let notation: String
    /// The hash of the server's tokenizer; nil if it has none.
    public let tokenizerFingerprint: String?
    /// What ``adoptTokenizer(own:)`` has taken.
    public internal(set) var tokenizer: (any Tokenizer)?
    public let configuration: SessionConfiguration
    let channel: any Channel
    private let prefetch: Bool
    /// Runs that the session was declared to have.
    public let inferences: Int
    private let budget: PassBudget
    private let sharesTimes: Bool
    private let party: any SessionParty
    /// Whether tokens of a completion go on from the positions before them; keys that were dealt ahead are for whole prefixes.
    private let keepsPositions: Bool
    /// The weights of the setup, once it has been made, and what the session has since.
    private var weights: [WeightDeclaration]?
    private var memory = PreprocessingMemory()
    /// Bytes by sender and seconds of the setup, once it has been made.
    public private(set) var setup: (bytesSent: ByParty<Int>, seconds: Double)?

    /// Greets the server, then the dealer if there is one.
    /// - Parameter crossovers: of this side's matrix products; the server may have others.
    /// - Parameter prefetch: whether both parties prepare all correlations of a run before its online phase; they hold
    ///   them in memory, several times the dealer's bytes.
    /// - Parameter inferences: runs that the session is expected to have, 1 to 65536: without a dealer it may pay to get the
    ///   server's encrypted weights in the setup, which this side then keeps in memory. More or fewer runs are allowed.
    /// - Parameter budget: the largest run of the server's architecture that this side takes part in.
    /// - Parameter keys: what was dealt ahead, in place of the dealer, who is then not connected to; the server must have the
    ///   other half of the set.
    /// - Throws: `TransportError` naming both sides' values where the parties do not agree.
    public init(
        channel: any Channel, configuration: SessionConfiguration, threads: Int = 1,
        crossovers: ProductCrossovers = .standard, prefetch: Bool = false, inferences: Int = 1,
        budget: PassBudget = PassBudget(), keys: KeyFile? = nil,
        dealer: @escaping () throws -> any Channel
    ) throws {
        try keys?.check(.client, target: configuration.target, before: channel)
        let hello = Handshake(
            version: WireProtocol.version, role: Party.client.name, fields: configuration.fields(keys))
        let theirs = try hello.exchange(
            over: channel, expecting: SessionConfiguration.agreedFields(keys), peerRole: Party.server.name)
        guard let session = theirs.fields["session"], SessionName.isOne(session),
            let description = theirs.fields["architecture"],
            let architecture = try? UntrustedJSON.decode(Architecture.self, from: Array(description.utf8)),
            case (let fingerprint, true) = OfferedTokenizer.offer(theirs.fields[OfferedTokenizer.field])
        else {
            let error = SessionError.malformedOffer(peer: channel.peerName)
            SessionFault.abort([channel], for: error)
            throw error
        }
        self.architecture = architecture
        notation = Self.shown(theirs.fields["notation"]) ?? architecture.description
        modelName = Self.shown(theirs.fields["model"]) ?? "unnamed"
        tokenizerFingerprint = fingerprint
        self.configuration = configuration
        self.channel = channel
        self.prefetch = prefetch
        self.inferences = min(
            max(inferences, RunRequest.inferenceRange.lowerBound), RunRequest.inferenceRange.upperBound)
        self.budget = budget
        sharesTimes = configuration.sharesTimes(with: theirs)
        keepsPositions = keys == nil
        let pulse = Pulse()
        channel.join(pulse)
        do {
            party = try makeSessionParty(
                configuration.target, .client, peer: channel, session: session, threads: threads,
                crossovers: crossovers, pulse: pulse, keys: keys, dealer: dealer)
        } catch {
            SessionFault.abort([channel], for: error)
            throw error
        }
    }

    /// What the server calls something, as it may stand on a terminal.
    private static func shown(_ name: String?) -> String? {
        name.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(200).filter { !$0.properties.isControl })) }
    }

    /// A run and what it gave: logits `[positions, vocabulary]`, or hidden states `[positions, width]`.
    public struct Run: Sendable {
        public let values: [Double]
        public let accounted: AccountedRun
    }

    /// Runs the model on token ids.
    /// - Throws: ``TokenizerError``, ``ArchitectureError`` for lengths that do not fit, and errors of the run.
    public func run(
        tokens: [Int], output: ForwardPass.Output, progress: ((Int, Int) -> Void)? = nil
    ) throws -> Run {
        let input = try ClientInput(tokens: tokens, vocabulary: architecture.vocabulary)
        return try run(
            ForwardPass(
                architecture: architecture, new: tokens.count, output: output,
                exactOpenings: configuration.exactOpenings), input, progress: progress)
    }

    /// Runs the model's blocks alone on hidden states `[positions, width]`, row-major, within the bound of the residual
    /// stream.
    /// - Throws: `FixedPointError`, ``ArchitectureError`` for lengths that do not fit, and errors of the run.
    public func run(hidden: [Double], progress: ((Int, Int) -> Void)? = nil) throws -> Run {
        try run(
            ForwardPass(
                architecture: architecture, new: hidden.count / architecture.width, output: .blocks,
                exactOpenings: configuration.exactOpenings),
            ClientInput(hidden: hidden, bounds: architecture.bounds), progress: progress)
    }

    private func run(_ pass: ForwardPass, _ input: ClientInput, progress: ((Int, Int) -> Void)?) throws -> Run {
        let agreed = try AgreedProgram(pass, configuration.target, budget: budget)
        if let weights, weights != agreed.program.plan.weights {
            throw PreprocessingError.otherWeights
        }
        do {
            return try run(agreed, input, progress: progress)
        } catch {
            let channels = [channel] + party.channels
            let cause = SessionFault.cause(of: error, among: channels)
            SessionFault.abort(channels, for: cause)
            throw cause
        }
    }

    private func run(
        _ agreed: AgreedProgram, _ input: ClientInput, progress: ((Int, Int) -> Void)?
    ) throws -> Run {
        let plan = agreed.program.plan
        let request = RunRequest(
            past: agreed.pass.past, new: agreed.pass.new, output: agreed.pass.output, keeps: agreed.pass.keeps,
            fingerprint: agreed.fingerprint, prefetch: prefetch, inferences: inferences)
        let start = ContinuousClock.now
        var times = SessionTimes()
        times.start()
        try channel.sendControl(Array(try JSONEncoder().encode(request)))
        if weights == nil {
            let record = try party.setUp(plan, inferences: inferences, weights: input)
            weights = plan.weights
            memory = agreed.program.target.preprocessing.memory(afterSetupOf: plan, inferences: inferences)
            times.setupWork = record.work
            times.lap(\.setup)
            setup = (record.bytesSent, times.setup)
            // Both parties go on to the preprocessing of the run from here.
            try channel.sendControl([])
        }
        let result = try party.run(
            agreed, PartyRun(prefetch: prefetch, tensors: input, progress: progress), &times)
        let accounted = try RunReport(result, [channel] + party.channels, times).exchanged(
            over: channel, agreed.program, memory, party: .client, shares: sharesTimes, since: start)
        let name = agreed.pass.outputName
        guard let raw = result.opened[name], let scale = agreed.program.outputScales[name] else {
            throw InterpreterError.missingInput(name: name)
        }
        return Run(values: FixedPoint(fractionBits: scale).decode(raw), accounted: accounted)
    }

    /// Greedy completion: `count` times the token with the largest logit at the last position. The first run takes the prompt,
    /// each one after it one token more, whose keys and values join those that the parties keep opened under masks; with keys
    /// that were dealt ahead every run takes all tokens.
    ///
    /// - Parameters:
    ///   - progress: called during a run with the nodes done and all nodes.
    ///   - token: called with every new token and its run.
    /// - Throws: ``ArchitectureError/sizeOutOfRange(name:size:limit:)`` before anything is sent unless the prompt and all
    ///   tokens but the last fit the context, and what ``run(tokens:output:progress:)`` throws.
    public func complete(
        prompt: [Int], count: Int, progress: ((Int, Int) -> Void)? = nil, token: (Int, Run) throws -> Void
    ) throws -> [Int] {
        _ = try ForwardPass(architecture: architecture, new: prompt.count + max(count - 1, 0), output: .last)
        var tokens = prompt
        var past = 0
        for _ in 0..<count {
            let pass = try ForwardPass(
                architecture: architecture, past: past, new: tokens.count - past, output: .last,
                exactOpenings: configuration.exactOpenings, keeps: keepsPositions && count > 1)
            let input = try ClientInput(tokens: Array(tokens[past...]), vocabulary: architecture.vocabulary)
            let run = try run(pass, input, progress: progress)
            let next = ReferenceModel.mostLikely(run.values)
            try token(next, run)
            if keepsPositions { past = tokens.count }
            tokens.append(next)
        }
        return Array(tokens[prompt.count...])
    }

    public func close() {
        party.close()
        channel.close()
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { [.control, .format, .lineSeparator].contains(generalCategory) }
}

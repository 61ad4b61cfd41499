import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import SottoTransport

/// What both parties of a session must agree on before anything else.
public struct SessionConfiguration: Sendable, Hashable {
    /// What programs are written for.
    public let target: Target
    /// Whether what is opened is truncated exactly before.
    public let exactOpenings: Bool
    /// Whether this party tells the other how long its work took and how much memory, if the other does as well.
    public let sharesTimes: Bool

    public init(target: Target, exactOpenings: Bool = false, sharesTimes: Bool = false) {
        self.target = target
        self.exactOpenings = exactOpenings
        self.sharesTimes = sharesTimes
    }

    /// What the commands agree on where nothing else is asked for: the ring, oblivious transfer, a dealer.
    public static let standard = SessionConfiguration(target: .otWithDealer(over: .ring64))

    var fields: [String: String] {
        [
            "protocol": target.protocolName, "preprocessing": target.preprocessing.name,
            "domain": target.domain.description, "exact openings": exactOpenings ? "yes" : "no",
            Self.timesField: sharesTimes ? Self.shared : "own",
        ]
    }

    /// Whether both parties share their times.
    func sharesTimes(with peer: Handshake) -> Bool { sharesTimes && peer.fields[Self.timesField] == Self.shared }

    /// With those of keys that were dealt ahead.
    func fields(_ keys: KeyFile?) -> [String: String] {
        var fields = fields
        fields[Self.keySetField] = keys?.set
        return fields
    }

    /// Who has keys means that the other has the other half of their set; a dealer's parties say nothing of it.
    static func agreedFields(_ keys: KeyFile?) -> [String] { agreedFields + (keys == nil ? [] : [keySetField]) }

    private static let agreedFields = ["protocol", "preprocessing", "domain", "exact openings"]
    private static let keySetField = "set of keys dealt ahead"
    private static let timesField = "times"
    private static let shared = "shared"
}

/// What a party grants the other of a session.
public struct SessionLimits: Sendable, Hashable {
    /// The largest run.
    public var budget: PassBudget
    /// How long a client may go without a request.
    public var idle: Duration
    /// What a server lets a client learn.
    public var outputs: Set<ForwardPass.Output>
    /// Positions whose output a server opens in one session.
    public var queries: Int

    public init(
        budget: PassBudget = PassBudget(), idle: Duration = .seconds(600),
        outputs: Set<ForwardPass.Output> = [.last], queries: Int = 10_000
    ) {
        self.budget = budget
        self.idle = idle
        self.outputs = outputs
        self.queries = queries
    }
}

/// Why a party ends a session of its own accord.
public enum SessionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The server does not open this output.
    case notOffered(ForwardPass.Output, offered: [ForwardPass.Output])
    /// The session has opened as many positions as it may.
    case queriesUsedUp(asked: Int, left: Int)
    /// The client was silent between runs.
    case idle(seconds: Double)
    /// As many clients as may are being served.
    case busy(sessions: Int)
    /// The peer's request is none that this version knows.
    case malformedRequest(peer: String)
    /// The peer's account of a run is not that of the program that both ran.
    case foreignReport(peer: String)
    /// The server's greeting lacks what a client must know.
    case malformedOffer(peer: String)
    /// The client's tokenizer is not the server's.
    case otherTokenizer(ours: String, theirs: String)
    /// The tokenizer that was sent is not the one of the greeting.
    case foreignTokenizer(peer: String)
    /// The tokenizer that was sent cannot be read.
    case unusableTokenizer(peer: String, reason: String)
    /// The tokenizer has ids that the model has no embedding for.
    case tokenizerTooLarge(tokens: Int, vocabulary: Int)

    public var description: String {
        switch self {
        case .notOffered(let output, let offered):
            "The server does not open \"\(output.rawValue)\"; it opens "
                + (offered.isEmpty ? "nothing" : offered.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
                + ", and its owner allows more with --allow-outputs and --allow-blocks."
        case .queriesUsedUp(let asked, let left):
            "The outputs of \(asked) more positions were asked for and the session has \(left) left; "
                + "the server's owner allows more with --max-queries."
        case .idle(let seconds):
            "No request came for \(seconds == seconds.rounded() && seconds < 1e9 ? "\(Int(seconds))" : "\(seconds)") s; "
                + "start a new session, or allow a longer --idle-timeout at the server."
        case .busy(let sessions):
            "The server is busy: it serves \(sessions) clients already; try again later."
        case .malformedRequest(let peer):
            "The request of \(peer) is not a request; install the same version of Sotto on both."
        case .foreignReport(let peer):
            "The report of \(peer) is not that of the program that both ran; install the same version of Sotto on both."
        case .malformedOffer(let peer):
            "The greeting of \(peer) lacks a session or a valid architecture or tokenizer; "
                + "install the same version of Sotto on both."
        case .otherTokenizer(let ours, let theirs):
            "The tokenizer of --tokenizer (\(ours.prefix(16))...) is not the server's (\(theirs.prefix(16))...); "
                + "give the directory of the server's model, or leave out --tokenizer."
        case .foreignTokenizer(let peer):
            "The tokenizer that \(peer) sent is not the one that it announced; "
                + "give a copy of your own with --tokenizer."
        case .unusableTokenizer(let peer, let reason):
            "The tokenizer that \(peer) sent is of no use here; give token ids with --input-ids: \(reason)"
        case .tokenizerTooLarge(let tokens, let vocabulary):
            "The tokenizer has \(tokens) tokens and the model's embedding \(vocabulary); "
                + "give the tokenizer that the model was trained with."
        }
    }
}

extension SessionError: SessionFailure {
    package var abortKind: AbortKind {
        switch self {
        case .idle: .unavailable
        case .busy: .busy
        default: .refused
        }
    }
}

/// The client's request for one run: lengths, and the fingerprint of the program that it made of them.
package struct RunRequest: Codable, Sendable {
    package let past: Int
    package let new: Int
    package let output: ForwardPass.Output
    package let fingerprint: String
    /// Whether both parties prepare all correlations before the online phase, and wait for each other there.
    package let prefetch: Bool
    /// Whether the run is one of a generation; always where there is a past.
    package let keeps: Bool
    /// Runs that the client expects the session to have, of which the first one's request tells what the setup has.
    package let inferences: Int

    package static let byteLimit = 1 << 16
    /// What a session may be declared to have.
    package static let inferenceRange = 1...65536

    package init(
        past: Int, new: Int, output: ForwardPass.Output, keeps: Bool = false, fingerprint: String, prefetch: Bool,
        inferences: Int
    ) {
        self.keeps = keeps
        self.past = past
        self.new = new
        self.output = output
        self.fingerprint = fingerprint
        self.prefetch = prefetch
        self.inferences = inferences
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            past: container.decode(Int.self, forKey: .past), new: container.decode(Int.self, forKey: .new),
            output: container.decode(ForwardPass.Output.self, forKey: .output),
            keeps: container.decodeIfPresent(Bool.self, forKey: .keeps) ?? false,
            fingerprint: container.decode(String.self, forKey: .fingerprint),
            prefetch: container.decode(Bool.self, forKey: .prefetch),
            inferences: container.decode(Int.self, forKey: .inferences))
    }

    private enum CodingKeys: String, CodingKey { case past, new, output, keeps, fingerprint, prefetch, inferences }

    /// The client's request, from a stranger's bytes.
    /// - Throws: ``SessionError/malformedRequest(peer:)``.
    package init(json bytes: [UInt8], of peer: String) throws {
        guard let request = try? UntrustedJSON.decode(RunRequest.self, from: bytes),
            Fingerprint.isOne(request.fingerprint), Self.inferenceRange.contains(request.inferences)
        else { throw SessionError.malformedRequest(peer: peer) }
        self = request
    }
}

/// How long a party took for a run, waiting included, and for the work of the setup.
public struct SessionTimes: Codable, Sendable, Hashable {
    /// Seconds on the wall clock: 0 for the setup of later runs. Without prefetching, waiting for the dealer is online.
    public var setup = 0.0
    public var offline = 0.0
    public var online = 0.0
    /// Nanoseconds of work on every weight, where this run had the setup.
    package var setupWork: [Int] = []

    private var last: ContinuousClock.Instant?

    private enum CodingKeys: CodingKey { case setup, offline, online, setupWork }

    package init() {}

    /// Starts measuring; each lap ends a phase.
    mutating func start() { last = .now }

    mutating func lap(_ phase: WritableKeyPath<SessionTimes, Double>) {
        let now = ContinuousClock.now
        if let last { self[keyPath: phase] = (now - last) / .seconds(1) }
        last = now
    }

    /// Whether a peer can have taken this long.
    /// - Parameters:
    ///   - weights: of the program.
    ///   - longest: the most nanoseconds of a phase, and of all work together.
    func arePlausible(weights: Int, longest: Int) -> Bool {
        guard [setup, offline, online].allSatisfy({ $0 >= 0 && $0 * 1e9 <= Double(longest) }),
            setupWork.count <= weights
        else { return false }
        var left = longest
        for work in setupWork {
            guard (0...left).contains(work) else { return false }
            left -= work
        }
        return true
    }
}

extension Channel {
    /// Waits until the peer has come as far: both are ready for the online phase.
    func meetPeer() throws {
        try sendControl([])
        _ = try receiveControl(limit: 0)
    }
}

/// A program together with what the dealer and the peer must know of it.
struct AgreedProgram {
    let pass: ForwardPass
    let program: Program
    let fingerprint: String

    /// - Parameter budget: of who makes the program; checked before it is made.
    /// - Throws: ``PassBudgetError``, and what making a program throws.
    init(_ pass: ForwardPass, _ target: Target, budget: PassBudget) throws {
        try budget.check(pass, in: target)
        self.pass = pass
        program = try pass.program(target: target)
        fingerprint = try program.fingerprint()
    }

    /// The pass and the target as JSON, from which ``ForwardPass/dealerProgram(_:target:budget:)`` makes the same program.
    func description() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let described = DescribedPass(pass: pass, target: program.target.description)
        return String(decoding: try encoder.encode(described), as: UTF8.self)
    }
}

/// What the dealer is asked for.
private struct DescribedPass: Codable {
    let pass: ForwardPass
    /// As it describes itself.
    let target: String
}

extension KeyFile {
    /// - Throws: ``KeyFileError`` unless the file is this party's, for this target; the peer is told so.
    func check(_ party: Party, target: Target, before channel: any Channel) throws {
        do throws(KeyFileError) {
            try check(party, target: target.description)
        } catch {
            SessionFault.abort([channel], for: error)
            throw error
        }
    }
}

extension ForwardPass {
    /// What a run is of, as errors of key files say.
    var dealtName: String {
        let opened =
            switch output {
            case .last: "the last position's logits"
            case .all: "all logits"
            case .blocks: "hidden states"
            }
        return "\(past > 0 ? "\(past) and " : "")\(new) positions, \(opened)"
    }

    /// The run as keys are dealt for it ahead.
    /// - Throws: ``PassBudgetError``, and what making a program throws.
    public func dealtAhead(for target: Target, budget: PassBudget = PassBudget()) throws -> DealtAheadRun {
        let agreed = try AgreedProgram(self, target, budget: budget)
        return DealtAheadRun(
            name: dealtName, program: DealerProgram(fingerprint: agreed.fingerprint, plan: agreed.program.plan))
    }

    /// The dealer's side of a party's request.
    /// - Throws: ``PreprocessingError`` for a request that cannot be read or is of another target than the dealer's,
    ///   ``ArchitectureError`` for an impossible one, and ``PassBudgetError`` for one that is too large to deal for.
    @Sendable public static func dealerProgram(
        _ description: String, target: Target, budget: PassBudget = PassBudget()
    ) throws -> DealerProgram {
        let described: DescribedPass
        do {
            described = try UntrustedJSON.decode(DescribedPass.self, from: Array(description.utf8))
        } catch let error where error is DecodingError || error is UntrustedJSON.Invalid {
            throw PreprocessingError.malformedRequest("not the description of a forward pass")
        }
        guard described.target == target.description else {
            throw PreprocessingError.otherTarget(dealer: target.description, parties: described.target)
        }
        let agreed = try AgreedProgram(described.pass, target, budget: budget)
        return DealerProgram(fingerprint: agreed.fingerprint, plan: agreed.program.plan)
    }
}

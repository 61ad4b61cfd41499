import Foundation
import Preprocessing
import SecureComputation
import Transport

/// What both parties of a session must agree on before anything else.
public struct SessionConfiguration: Sendable, Hashable {
    public let protocolName: String
    public let preprocessing: String
    /// The domain, and the prime of a field.
    public let profile: DomainProfile

    public init(protocolName: String = "ot", preprocessing: String = "dealer", profile: DomainProfile = .ring64) {
        self.protocolName = protocolName
        self.preprocessing = preprocessing
        self.profile = profile
    }

    var fields: [String: String] {
        ["protocol": protocolName, "preprocessing": preprocessing, "domain": profile.description]
    }

    static let agreedFields = ["protocol", "preprocessing", "domain"]
}

/// The client's request for one run: lengths, and the fingerprint of the program that it made of them.
struct RunRequest: Codable, Sendable {
    let past: Int
    let new: Int
    let output: ForwardPass.Output
    let fingerprint: String
    /// Whether both parties prepare all correlations before the online phase, and wait for each other there.
    let prefetch: Bool

    static let byteLimit = 1 << 16
}

/// What a party tells the other after a run, for the account of both.
public struct RunReport: Codable, Sendable {
    public let trace: Trace
    /// Framing, control messages and handshakes so far, of the channels to the peer and to the dealer.
    public let overheadBytesSent: Int
    /// The largest resident memory of the process so far.
    public let peakMemoryBytes: Int
    public let times: SessionTimes

    static let byteLimit = 1 << 28

    /// Whether the report could be `party`'s of a run of `program`.
    func isPlausible(for program: Program, party: Party) -> Bool {
        trace.isPlausible(for: program, party: party)
            && [times.setup, times.offline, times.online].allSatisfy { (0..<1e9).contains($0) }
            && times.setupWork.count <= program.plan.weights.count
            && times.setupWork.allSatisfy { (0...(1 << 50)).contains($0) }
            && overheadBytesSent >= 0 && peakMemoryBytes >= 0
    }
}

/// How long a party took for a run, waiting included, and for the work of the setup.
public struct SessionTimes: Codable, Sendable, Hashable {
    /// Seconds on the wall clock: 0 for the setup of later runs. Without prefetching, waiting for the dealer is online.
    public var setup = 0.0
    public var offline = 0.0
    public var online = 0.0
    /// Nanoseconds of work on every weight, where this run had the setup.
    public var setupWork: [Int] = []

    private var last: ContinuousClock.Instant?

    private enum CodingKeys: CodingKey { case setup, offline, online, setupWork }

    public init() {}

    /// Starts measuring; each lap ends a phase.
    mutating func start() { last = .now }

    mutating func lap(_ phase: WritableKeyPath<SessionTimes, Double>) {
        let now = ContinuousClock.now
        if let last { self[keyPath: phase] = (now - last) / .seconds(1) }
        last = now
    }
}

/// A run of a session, as either party can account for it.
public struct AccountedRun: Sendable {
    public let program: Program
    public let cost: ProgramCost
    public let trace: Trace
    public let overheadBytesSent: [Int]
    public let peakMemoryBytes: [Int]
    /// By party.
    public let times: [SessionTimes]

    init(program: Program, own: RunReport, peer: RunReport, party: Party) {
        let (server, client) = party == .server ? (own, peer) : (peer, own)
        self.program = program
        trace = server.trace.merged(with: client.trace)
        cost = CostInterpreter().replay(program, trace: trace)
        overheadBytesSent = [server.overheadBytesSent, client.overheadBytesSent]
        peakMemoryBytes = [server.peakMemoryBytes, client.peakMemoryBytes]
        times = [server.times, client.times]
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

    init(_ pass: ForwardPass, _ profile: DomainProfile) throws {
        self.pass = pass
        program = try pass.program(profile: profile)
        fingerprint = try program.fingerprint()
    }

    /// The pass and the domain as JSON, from which ``ForwardPass/dealerProgram(_:profile:)`` makes the same program.
    func description() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let described = DescribedPass(pass: pass, domain: program.profile.description)
        return String(decoding: try encoder.encode(described), as: UTF8.self)
    }
}

/// What the dealer is asked for.
private struct DescribedPass: Codable {
    let pass: ForwardPass
    /// As handshakes name it.
    let domain: String
}

extension ForwardPass {
    /// The dealer's side of a party's request.
    /// - Throws: ``PreprocessingError`` for a request that cannot be read or is of another domain than the dealer's.
    @Sendable public static func dealerProgram(
        _ description: String, profile: DomainProfile = .ring64
    ) throws -> DealerProgram {
        let described: DescribedPass
        do {
            described = try JSONDecoder().decode(DescribedPass.self, from: Data(description.utf8))
        } catch is DecodingError {
            throw PreprocessingError.malformedRequest("not the description of a forward pass")
        }
        guard described.domain == profile.description else {
            throw PreprocessingError.otherDomain(dealer: profile.description, parties: described.domain)
        }
        let agreed = try AgreedProgram(described.pass, profile)
        return DealerProgram(fingerprint: agreed.fingerprint, plan: agreed.program.plan)
    }
}

import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport

/// Runs a program both in plaintext and as two parties, over seeded randomness.
public struct ProgramRunner: CustomStringConvertible {
    public let program: Program
    public let plaintext: PlaintextState
    public let outcome: SimulationOutcome
    /// What the primitives declare.
    public let declared: ProgramCost
    /// The same account of what was metered.
    public let metered: ProgramCost

    public init(
        _ program: Program, server: [String: [Int64]] = [:], client: [String: [Int64]] = [:],
        shared: [String: SharedTensor] = [:], seed: UInt64 = 1, threads: Int = 1,
        channels: (any Channel, any Channel) = InMemoryChannel.pair()
    ) throws {
        self.program = program
        plaintext = try PlaintextInterpreter().run(
            program,
            tensors: TensorSources([
                TensorDictionary(shared.mapValues(\.values)), TensorDictionary(server), TensorDictionary(client),
            ]))
        let (ofServer, ofClient) = try Self.sources(program.profile, server: server, client: client, shared: shared)
        (outcome, declared, metered) = try Self.run(
            program, ofServer, ofClient, seed: seed, threads: threads, channels: channels)
    }

    /// With anything for inputs, shares included: nothing is said of results then.
    public init(
        _ program: Program, fill: InputFill, seed: UInt64 = 1,
        channels: (any Channel, any Channel) = InMemoryChannel.pair()
    ) throws {
        self.program = program
        let sources = ByParty { fill.source(of: program, for: $0) }
        plaintext = try PlaintextInterpreter().run(
            program, tensors: TensorSources([sources.client, sources.server]))
        (outcome, declared, metered) = try Self.run(
            program, sources.server, sources.client, seed: seed, threads: 1, channels: channels)
    }

    private static func run(
        _ program: Program, _ server: any TensorSource, _ client: any TensorSource, seed: UInt64, threads: Int,
        channels: (any Channel, any Channel)
    ) throws -> (SimulationOutcome, ProgramCost, ProgramCost) {
        let outcome = try program.simulated(
            server: server, client: client, seeds: InsecureSeededSource(seed), threads: threads, channels: channels)
        return (
            outcome, CostInterpreter().run(program), CostInterpreter().replay(program, trace: outcome.trace)
        )
    }

    private static func sources(
        _ profile: DomainProfile, server: [String: [Int64]], client: [String: [Int64]],
        shared: [String: SharedTensor]
    ) throws -> (any TensorSource, any TensorSource) {
        guard let prime = profile.prime else {
            return (
                TensorDictionary(server.merging(shared.mapValues(\.server)) { $1 }),
                TensorDictionary(client.merging(shared.mapValues(\.client)) { $1 })
            )
        }
        let shares = try shared.mapValues { try PrimeField(prime).shares(of: $0) }
        return (
            TensorSources([PackedShares(shares: shares.mapValues(\.server)), TensorDictionary(server)]),
            TensorSources([PackedShares(shares: shares.mapValues(\.client)), TensorDictionary(client)])
        )
    }

    /// Failed expectations print this instead of the whole program.
    public var description: String { "run of \(program.instructionCount) instructions" }

    /// What was opened to both, or to the client, or to the server.
    public func opened(_ name: String) -> [Int64] {
        outcome.client.opened[name] ?? outcome.server.opened[name] ?? []
    }

    /// What the plaintext interpreter opened.
    public func reference(_ name: String) -> [Int64] { plaintext.opened[name] ?? [] }

    private var declaredSetup: ByParty<Int> {
        program.target.preprocessing.setupRows(program.plan, inferences: 1).reduce(.zero) { $0 + $1.cost.bytesSent }
    }

    /// Whether every message, byte, round and correction was declared as it was metered, and nothing else was sent.
    public var costIsExact: Bool {
        declared.trace.events == outcome.trace.events && declared.instructions == metered.instructions
            && outcome.setup.values.allSatisfy { $0.bytesSent == declaredSetup }
    }
}

import Algebra
import Preprocessing
import Randomness
import SecureComputation

/// Runs a program both in plaintext and as two parties, over seeded randomness.
public struct ProgramRunner {
    public let program: Program
    public let plaintext: PlaintextState
    public let outcome: InsecureSimulation<Ring64>.Outcome

    public init(
        _ program: Program, server: [String: [Int64]] = [:], client: [String: [Int64]] = [:], seed: UInt64 = 1
    ) throws {
        self.program = program
        plaintext = try PlaintextInterpreter().run(
            program, tensors: TensorSources([TensorDictionary(server), TensorDictionary(client)]))
        outcome = try InsecureSimulation(domain: Ring64()).run(
            program, server: TensorDictionary(server), client: TensorDictionary(client),
            seeds: InsecureSeededSource(seed))
    }

    /// What was opened to both, or to the client.
    public func opened(_ name: String) -> [Int64] {
        outcome.client.opened[name] ?? outcome.server.opened[name] ?? []
    }
}

/// A small repeatable generator for test inputs (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(_ seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

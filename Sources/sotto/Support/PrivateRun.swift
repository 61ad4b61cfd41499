import Algebra
import CostModel
import Randomness
import SecureComputation
import SottoModel
import SottoPrivateTransformer
import Transport

/// Simulated runs of one model, one after the other, and their account.
///
/// Both parties and the dealer are in this process.
struct PrivateRun {
    let weights: PreparedWeights
    let threads: Int
    let timeout: Double?
    let seed: UInt64
    /// What values are shared over.
    let profile: DomainProfile
    private(set) var session: SessionCost
    private(set) var range: RangeCheck
    private let allowsOutOfRange: Bool

    /// Long enough that only a dead party ends it.
    private static let patience = 86400.0

    init(
        _ model: SelectedModel, profile: DomainProfile, seed: UInt64, machine: RunOptions, networks: [Network] = [],
        allowsOutOfRange: Bool = false
    ) {
        self.profile = profile
        session = SessionCost(networks: networks)
        weights = PreparedWeights(model.weights)
        range = RangeCheck(weights, profile: profile)
        self.allowsOutOfRange = allowsOutOfRange
        threads = machine.threadCount
        timeout = machine.timeout
        self.seed = seed
    }

    /// Runs a pass and gives what the client learns, row by row.
    /// - Throws: `OutOfRangeError` before anything is shared, unless it is allowed.
    mutating func values(
        _ pass: ForwardPass, input: ClientInput, progress: (@Sendable (Int, Int) -> Void)? = nil
    ) throws -> [Double] {
        let program = try pass.program(profile: profile)
        try weights.prepare(for: program)
        try range.check(pass, input)
        if !allowsOutOfRange { try range.requireWithin() }
        let channels = InMemoryChannel.pair(timeout: .seconds(timeout ?? Self.patience))
        // Every inference has randomness of its own.
        let outcome = try program.simulated(
            server: weights, client: input,
            seeds: InsecureSeededSource(seed &+ UInt64(session.inferences) &* 0x9E37_79B9_7F4A_7C15), threads: threads,
            channels: channels, progress: progress)
        if session.inferences == 0 {
            session.recordSetup(
                of: program, sentBytes: outcome.setupBytes, seconds: outcome.setupSeconds,
                work: outcome.setupWork)
        }
        session.record(program, trace: outcome.trace)
        let name = pass.outputName
        guard let raw = outcome.client.opened[name], let scale = program.outputScales[name] else {
            throw InterpreterError.missingInput(name: name)
        }
        return FixedPoint(fractionBits: scale).decode(raw)
    }
}

/// Compares private results with plaintext ones as they come.
struct AccuracyMeter {
    private var largest = 0.0
    private var sum = 0.0
    private var elements = 0
    private var agreeing = 0
    private var rows = 0

    /// - Parameter columns: elements of a row.
    mutating func compare(_ found: [Double], with expected: [Float], columns: Int) {
        for (a, b) in zip(found, expected) {
            let error = abs(a - Double(b))
            // What is no number stays so, whatever follows.
            if !(error <= largest) { largest = largest.isNaN ? largest : error }
            sum += error
        }
        elements += min(found.count, expected.count)
        for start in stride(from: 0, to: min(found.count, expected.count), by: columns) {
            let range = start..<start + columns
            rows += 1
            if ReferenceModel.mostLikely(found[range]) == ReferenceModel.mostLikely(expected[range]) { agreeing += 1 }
        }
    }

    var accuracy: CostReport.Accuracy? {
        guard elements > 0 else { return nil }
        return CostReport.Accuracy(
            maxAbsError: largest, meanAbsError: sum / Double(elements), top1Agreement: Double(agreeing) / Double(rows))
    }
}

/// Hidden states in and out of a model's blocks.
enum Blocks {
    /// Random hidden states of mean 0 and standard deviation 1, `[rows, width]`.
    static func randomHidden(rows: Int, width: Int, seed: UInt64) -> [Float] {
        SplitMix64.normals(rows * width, seed: seed, deviation: 1)
    }
}

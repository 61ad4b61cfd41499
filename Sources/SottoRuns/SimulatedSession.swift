import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoSessions
import SottoTransport

/// How runs are simulated.
public struct SimulationOptions: Sendable, Hashable {
    /// What shares and masks are drawn from; it protects nothing.
    public var seed: UInt64
    /// Of matrix products.
    public var threads: Int
    /// Of matrix products.
    public var crossovers: ProductCrossovers
    /// How long a party waits for the other before it gives up.
    public var timeout: Duration
    /// Whose latencies reports have, with the work that was measured.
    public var networks: [Network]
    /// Whether to go on where a value leaves its declared bound, with results that may be wrong; the report says so.
    public var allowsOutOfRange: Bool

    /// Long enough that only a dead party ends it.
    public static let patience = Duration.seconds(86400)

    public init(
        seed: UInt64 = 0, threads: Int = 1, crossovers: ProductCrossovers = .standard,
        timeout: Duration = patience, networks: [Network] = [], allowsOutOfRange: Bool = false
    ) {
        self.seed = seed
        self.threads = threads
        self.crossovers = crossovers
        self.timeout = timeout
        self.networks = networks
        self.allowsOutOfRange = allowsOutOfRange
    }
}

/// Simulated runs of one model, one after the other, and their account.
///
/// Both parties and the dealer are in this process: nothing is secret. Shares and messages are real, so that bytes and
/// rounds are those of a session between processes.
public struct SimulatedSession: Sendable {
    private let model: NamedArchitecture
    private let weights: PreparedWeights
    private let protocols: SessionConfiguration
    private let options: SimulationOptions
    private let inferences: Int
    private var cost: SessionCost
    private var range: RangeCheck
    private let memory = SimulatedMemory()
    /// Of the first run.
    private var setup: SimulatedSetup?
    private var made: (bytesSent: ByParty<Int>, work: ByParty<[Int]>, seconds: Double)?

    /// - Parameters:
    ///   - protocols: whether times are shared does not matter here.
    ///   - inferences: runs that the session is declared to have.
    public init(
        _ model: NamedModel, protocols: SessionConfiguration = .standard, inferences: Int = 1,
        options: SimulationOptions = SimulationOptions()
    ) {
        self.inferences = inferences
        self.model = model.named
        self.protocols = protocols
        self.options = options
        weights = PreparedWeights(model.weights)
        cost = SessionCost(networks: options.networks)
        range = RangeCheck(weights, target: protocols.target)
    }

    /// Runs a pass of the model and gives what the client learns, row by row.
    /// - Parameter progress: called during the run, from another thread, with the nodes done and all nodes.
    /// - Throws: `OutOfRangeError` before anything is shared, unless it is allowed; `PreparedWeightsError` and
    ///   `ProgramError` for what fixed point does not hold, and errors of the run.
    public mutating func run(
        _ pass: ForwardPass, _ input: ClientInput, progress: (@Sendable (Int, Int) -> Void)? = nil
    ) throws -> [Double] {
        let program = try pass.program(target: protocols.target)
        let outcome = try outcome(of: pass, program, input, progress: progress)
        if cost.inferences == 0, let made {
            cost.recordSetup(
                of: program, inferences: inferences, sent: made.bytesSent, seconds: made.seconds, work: made.work)
        }
        cost.record(program, trace: outcome.trace)
        let name = pass.outputName
        guard let raw = outcome.client.opened[name], let scale = program.outputScales[name] else {
            throw InterpreterError.missingInput(name: name)
        }
        return FixedPoint(fractionBits: scale).decode(raw)
    }

    /// Runs a pass that another one goes on from, and accounts for nothing of it.
    /// - Parameter next: the pass that the session is set up for.
    /// - Throws: as ``run(_:_:progress:)``.
    mutating func goThrough(_ pass: ForwardPass, _ input: ClientInput, before next: ForwardPass) throws {
        setup = SimulatedSetup(of: try next.program(target: protocols.target), inferences: inferences)
        _ = try outcome(of: pass, pass.program(target: protocols.target), input, progress: nil)
    }

    private mutating func outcome(
        of pass: ForwardPass, _ program: Program, _ input: ClientInput, progress: (@Sendable (Int, Int) -> Void)?
    ) throws -> SimulationOutcome {
        try weights.prepare(for: program)
        try range.check(pass, input)
        if !options.allowsOutOfRange { try range.requireWithin() }
        let channels = InMemoryChannel.pair(timeout: options.timeout)
        let setup = setup ?? SimulatedSetup(of: program, inferences: inferences)
        self.setup = setup
        // Every inference has randomness of its own.
        let seed = options.seed &+ UInt64(cost.inferences) &* 0x9E37_79B9_7F4A_7C15
        let outcome = try program.simulated(
            server: weights, client: input, seeds: InsecureSeededSource(seed), threads: options.threads,
            crossovers: options.crossovers, setup: setup, memory: memory, channels: channels,
            progress: progress)
        if made == nil {
            made = (outcome.setup.server.bytesSent, outcome.setup.map(\.work), outcome.setupSeconds)
        }
        return outcome
    }

    /// The account of the runs so far, with the process's memory for that of either party.
    /// - Parameter context: positions of the input; for a completion those of the prompt.
    public func report(context: Int, output: ForwardPass.Output) -> CostReport {
        var report = cost.report(
            CostReport.Configuration(model, protocols, context: context, output: output, insecure: true))
        report.range = range.finding.map { CostReport.Range($0) }
        report.peakMemoryBytes = .both(peakMemoryBytes())
        report.wireOverheadBytes = .zero
        return report
    }
}

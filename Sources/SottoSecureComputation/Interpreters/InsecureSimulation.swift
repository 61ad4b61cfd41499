import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoTransport
import Synchronization

/// What both parties have after a simulated run.
public struct SimulationOutcome: Sendable {
    public let server: PartyResult
    public let client: PartyResult
    /// Of either party.
    public let setup: ByParty<SetupRecord>
    public let setupSeconds: Double
    /// When either party was done with a phase on the virtual clock, in nanoseconds; nil without a link.
    public let virtualTimes: VirtualTimes?

    public var trace: Trace { server.trace.merged(with: client.trace) }

    /// Ends of phases by party, on a virtual clock.
    public struct VirtualTimes: Sendable, Hashable {
        /// From the client's request to the last weight.
        public let setup: ByParty<Int>
        public let online: ByParty<Int>
    }
}

/// What a simulated run's setup is made for: the first program of its session and the number of runs that it is declared to have.
public struct SimulatedSetup: Sendable {
    let plan: CorrelationPlan
    let inferences: Int

    public init(of first: Program, inferences: Int = 1) {
        plan = first.plan
        self.inferences = inferences
    }

    func make<Domain: ShareDomain>(
        _ party: any PartyPreprocessing<Domain>, weights: any TensorSource, over channel: any Channel
    ) throws -> SetupRecord {
        try party.setUp(plan, inferences: inferences, weights: weights.tensor, over: channel)
    }
}

/// What the parties of a simulated session have from run to run: their preprocessing, and what they keep opened. One run at a time.
public final class SimulatedMemory: @unchecked Sendable {
    /// Of one domain.
    fileprivate var parties: Any?

    public init() {}
}

extension Program {
    /// The program by ``InsecureSimulation`` in its own domain.
    /// - Parameters:
    ///   - crossovers: of matrix products.
    ///   - setup: of the session that the run belongs to; by default for this run alone.
    ///   - memory: of that session; its first run makes the setup.
    public func simulated(
        server: any TensorSource, client: any TensorSource, seeds: some SeedSource & Sendable, threads: Int = 1,
        crossovers: ProductCrossovers = .standard, setup: SimulatedSetup? = nil, memory: SimulatedMemory? = nil,
        channels: (any Channel, any Channel) = InMemoryChannel.pair(), link: Link? = nil,
        meters: (ComputeMeter, ComputeMeter) = (ComputeMeter(), ComputeMeter()),
        progress: (@Sendable (Int, Int) -> Void)? = nil
    ) throws -> SimulationOutcome {
        func run<Domain: ShareDomain>(_ domain: Domain) throws -> SimulationOutcome {
            try InsecureSimulation(domain: domain, threads: threads).run(
                self, server: server, client: client, seeds: seeds, setup: setup, memory: memory,
                channels: channels, link: link, meters: meters, progress: progress)
        }
        return try run(profile.domain(crossovers: crossovers))
    }
}

/// Both parties of a program in this process, on a thread each, with real shares and messages and an in-process dealer.
///
/// It is insecure as a deployment: one process holds everything. It is exact as a measurement.
package struct InsecureSimulation<Domain: ShareDomain>: Sendable {
    package let domain: Domain
    package let threads: Int

    package init(domain: Domain, threads: Int = 1) {
        self.domain = domain
        self.threads = threads
    }

    package typealias Outcome = SimulationOutcome

    /// - Parameters:
    ///   - server: the server's tensors.
    ///   - client: the client's.
    ///   - setup: of the session; by default for this run alone.
    ///   - memory: of the session; by default this is its only run.
    ///   - channels: the parties' ends; by default a pair in memory.
    ///   - link: shapes both directions by a virtual clock, on which online work counts as the meters say.
    ///   - meters: keep the server's and the client's times.
    package func run(
        _ program: Program, server: any TensorSource, client: any TensorSource, seeds: some SeedSource & Sendable,
        setup: SimulatedSetup? = nil, memory: SimulatedMemory? = nil,
        channels: (any Channel, any Channel) = InMemoryChannel.pair(), link: Link? = nil,
        meters: (ComputeMeter, ComputeMeter) = (ComputeMeter(), ComputeMeter()),
        progress: (@Sendable (Int, Int) -> Void)? = nil
    ) throws -> Outcome {
        let known = memory?.parties as? UncheckedParties
        let parties =
            try known
            ?? UncheckedParties(
                try program.target.preprocessing.insecureParties(domain, seeds: seeds, threads: threads))
        memory?.parties = parties
        let isFirst = known == nil
        let prepared = PreprocessedRun(plan: program.plan, description: "", fingerprint: "")
        let session = setup ?? SimulatedSetup(of: program)
        let shaped = link.map { link in
            ShapedChannel.pair(channels, link: link, localWork: ({ meters.0.online }, { meters.1.online }))
        }
        let results = try Self.onTwoThreads(
            channels: shaped.map { ($0.0, $0.1) } ?? channels,
            { channel in
                if shaped != nil { _ = try channel.receiveControl(limit: 0) }
                let start = ContinuousClock.now
                let party = parties.value.server
                let setup = isFirst ? try session.make(party, weights: server, over: channel) : SetupRecord()
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                let setupEnd = shaped?.0.clock ?? 0
                let source = try party.begin(prepared, over: channel)
                shaped?.0.restart()
                let result = try PartyInterpreter(domain: domain, party: .server, channel: channel, threads: threads)
                    .run(
                        program, source: source, tensors: server, kept: parties.kept.server, meter: meters.0,
                        progress: progress)
                return PartyOutcome(
                    result: result, setup: setup, seconds: seconds, setupEnd: setupEnd, end: shaped?.0.clock ?? 0)
            },
            { channel in
                // In a session the client asks for the weights.
                if shaped != nil { try channel.sendControl([]) }
                let party = parties.value.client
                let setup = isFirst ? try session.make(party, weights: client, over: channel) : SetupRecord()
                let setupEnd = shaped?.1.clock ?? 0
                let source = try party.begin(prepared, over: channel)
                shaped?.1.restart()
                let result = try PartyInterpreter(domain: domain, party: .client, channel: channel, threads: threads)
                    .run(program, source: source, tensors: client, kept: parties.kept.client, meter: meters.1)
                return PartyOutcome(
                    result: result, setup: setup, seconds: 0, setupEnd: setupEnd, end: shaped?.1.clock ?? 0)
            })
        let outcomes = ByParty(server: results.0, client: results.1)
        return Outcome(
            server: results.0.result, client: results.1.result, setup: outcomes.map(\.setup),
            setupSeconds: results.0.seconds,
            virtualTimes: link.map { _ in
                SimulationOutcome.VirtualTimes(setup: outcomes.map(\.setupEnd), online: outcomes.map(\.end))
            })
    }

    private struct PartyOutcome: Sendable {
        let result: PartyResult
        let setup: SetupRecord
        let seconds: Double
        let setupEnd: Int
        let end: Int
    }

    /// Each party is used by its own thread alone.
    private struct UncheckedParties: @unchecked Sendable {
        let value: ByParty<any PartyPreprocessing<Domain>>
        let kept = ByParty { _ in KeptDifferences<Domain>() }

        init(_ value: ByParty<any PartyPreprocessing<Domain>>) { self.value = value }
    }

    /// Runs two parties on threads of their own. When one fails its channel is closed, so that the other ends too; the
    /// error thrown is the first that is not merely the other's end.
    static func onTwoThreads<First: Sendable, Second: Sendable>(
        channels: (any Channel, any Channel), _ first: @escaping @Sendable (any Channel) throws -> First,
        _ second: @escaping @Sendable (any Channel) throws -> Second
    ) throws -> (First, Second) {
        let outcome = Mutex<(Result<First, any Error>?, Result<Second, any Error>?)>((nil, nil))
        let done = DispatchSemaphore(value: 0)
        func start(_ name: String, _ channel: any Channel, _ body: @escaping @Sendable () throws -> Void) {
            let thread = Thread {
                do { try body() } catch { channel.abort(reason: "the other party of the simulation failed") }
                done.signal()
            }
            thread.name = name
            thread.stackSize = 16 << 20
            thread.start()
        }
        start("server", channels.0) { [channel = channels.0] in
            let result = Result { try first(channel) }
            outcome.withLock { $0.0 = result }
            _ = try result.get()
        }
        start("client", channels.1) { [channel = channels.1] in
            let result = Result { try second(channel) }
            outcome.withLock { $0.1 = result }
            _ = try result.get()
        }
        done.wait()
        done.wait()
        return try outcome.withLock { outcome in
            if case .failure(let error) = outcome.0!, !(error is TransportError) { throw error }
            if case .failure(let error) = outcome.1!, !(error is TransportError) { throw error }
            return (try outcome.0!.get(), try outcome.1!.get())
        }
    }
}

import Algebra
import Foundation
import Preprocessing
import Randomness
import Synchronization
import Transport

/// Both parties of a program in this process, on a thread each, with real shares and messages and an in-process dealer.
///
/// It is insecure as a deployment: one process holds everything. It is exact as a measurement.
public struct InsecureSimulation<Domain: ShareDomain>: Sendable {
    public let domain: Domain
    public let threads: Int

    public init(domain: Domain, threads: Int = 1) {
        self.domain = domain
        self.threads = threads
    }

    /// What both parties have after a run.
    public struct Outcome: Sendable {
        public let server: PartyResult
        public let client: PartyResult
        public let setupBytes: Int
        public let setupSeconds: Double

        public var trace: Trace { server.trace.merged(with: client.trace) }
    }

    /// - Parameters:
    ///   - tensors: the server's tensors, then the client's.
    ///   - channels: the parties' ends; by default a pair in memory.
    public func run(
        _ program: Program, server: any TensorSource, client: any TensorSource, seeds: some SeedSource & Sendable,
        channels: (any Channel, any Channel) = InMemoryChannel.pair(), progress: (@Sendable (Int, Int) -> Void)? = nil
    ) throws -> Outcome {
        let dealer = try InsecureInProcessDealer(domain: domain, plan: program.plan, seeds: seeds, threads: threads)
        let setup = ModelSetup(domain: domain, weights: program.plan.weights)
        let start = ContinuousClock.now
        let results = try Self.onTwoThreads(
            channels: channels,
            { channel in
                let bytes = try setup.send(over: channel, tensors: server, masks: dealer.weightMasks)
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                let result = try PartyInterpreter(domain: domain, party: .server, channel: channel, threads: threads)
                    .run(program, source: dealer.source(party: 0), tensors: server, progress: progress)
                return (result, bytes, seconds)
            },
            { channel in
                let masked = try setup.receive(over: channel).masked
                let source = dealer.source(party: 1, maskedWeights: masked)
                return try PartyInterpreter(domain: domain, party: .client, channel: channel, threads: threads)
                    .run(program, source: source, tensors: client)
            })
        return Outcome(
            server: results.0.0, client: results.1, setupBytes: results.0.1, setupSeconds: results.0.2)
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

import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSessions
import SottoTransport
import Synchronization
import TestSupport

/// A server and a dealer on threads of their own, in memory, and the two ends that a client needs.
final class SessionFixture {
    let architecture: Architecture
    let toServer: InMemoryChannel
    let toDealer: any Channel
    private let ended = DispatchGroup()
    private let outcome: Outcome

    /// What the server's thread found.
    final class Outcome: Sendable {
        private let state = Mutex<(error: (any Error)?, record: ServerSession.Record, runs: [AccountedRun])>(
            (nil, .init(), []))

        var error: (any Error)? { state.withLock { $0.error } }
        var record: ServerSession.Record { state.withLock { $0.record } }
        var runs: [AccountedRun] { state.withLock { $0.runs } }

        fileprivate func set(_ error: (any Error)?) { state.withLock { $0.error = error } }
        fileprivate func set(_ record: ServerSession.Record) { state.withLock { $0.record = record } }
        fileprivate func add(_ run: AccountedRun) { state.withLock { $0.runs.append(run) } }
    }

    static func smallArchitecture(context: Int = 8) throws -> Architecture {
        try Architecture(
            layers: [.init(norm1: .none, norm2: .none, activation: .relu)], heads: 2, width: 4, feedForwardWidth: 6,
            context: context, vocabulary: 5)
    }

    /// - Parameter wrapServer: what stands between the server and its end of the connection to the client.
    /// - Parameter connectDealer: the two ends of a connection to the dealer, the party's first; in memory without it.
    init(
        limits: SessionLimits = SessionLimits(), sharesTimes: Bool = false, timeout: Duration = .seconds(20),
        dealerLimits: DealerLimits = DealerLimits(), tokenizer: OfferedTokenizer? = nil,
        wrapServer: @escaping @Sendable (any Channel) -> any Channel = { $0 },
        connectDealer: (() throws -> (any Channel, any Channel))? = nil
    ) throws {
        let architecture = try Self.smallArchitecture()
        let weights = PreparedWeights(try ModelWeights.random(architecture, seed: 5, standardDeviation: 0.3))
        let session = InMemoryChannel.pair(timeout: timeout)
        let connect = connectDealer ?? { InMemoryChannel.pair(names: ("party", "dealer"), timeout: timeout) }
        let (ofServer, ofClient) = (try connect(), try connect())
        let service = DealerService(domain: Ring64(), limits: dealerLimits) {
            try ForwardPass.dealerProgram($0, target: .standard)
        }
        let outcome = Outcome()
        self.architecture = architecture
        self.outcome = outcome
        toServer = session.1
        toDealer = ofClient.0
        for channel in [ofServer.1, ofClient.1] {
            Thread.detachNewThread { _ = try? service.serve(channel, seeds: SystemSeedSource()) }
        }
        ended.enter()
        let group = ended
        let thread = Thread {
            defer { group.leave() }
            do {
                let session = try ServerSession(
                    channel: wrapServer(session.0),
                    model: .init(
                        name: "test", notation: "test", architecture: architecture, weights: weights,
                        tokenizer: tokenizer),
                    configuration: SessionConfiguration(target: .standard, sharesTimes: sharesTimes), limits: limits,
                    dealer: { ofServer.0 })
                do {
                    _ = try session.serve(finished: outcome.add)
                } catch { outcome.set(error) }
                outcome.set(session.record)
            } catch { outcome.set(error) }
        }
        thread.stackSize = 16 << 20
        thread.start()
    }

    /// - Parameter wrapped: what stands between the client and its end of the connection to the server.
    func client(
        sharesTimes: Bool = false, _ wrapped: (any Channel) -> any Channel = { $0 }
    ) throws -> ClientSession {
        try ClientSession(
            channel: wrapped(toServer),
            configuration: SessionConfiguration(target: .standard, sharesTimes: sharesTimes),
            dealer: { self.toDealer })
    }

    /// What the server found, once its session has ended.
    func end() -> Outcome {
        ended.wait()
        return outcome
    }
}

/// Alters control messages on their way out.
final class AlteringChannel: Channel {
    private let inner: any Channel
    private let alter: @Sendable (_ index: Int, [UInt8]) -> [UInt8]
    private let count = Mutex(0)

    /// - Parameter alter: called with every control message and its number, from 0.
    init(_ inner: any Channel, alter: @escaping @Sendable (Int, [UInt8]) -> [UInt8]) {
        self.inner = inner
        self.alter = alter
    }

    func send(_ frame: Frame) throws {
        guard frame.tag == FrameTag.control else { return try inner.send(frame) }
        let index = count.withLock { count in
            defer { count += 1 }
            return count
        }
        try inner.send(Frame(tag: frame.tag, depth: frame.depth, payload: alter(index, frame.payload)))
    }

    func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        try inner.receive(tag: tag, alsoExpected: alsoExpected)
    }

    func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
        try inner.receive(tag: tag, alsoExpected: alsoExpected, within: time)
    }

    func close() { inner.close() }
    func identifyPeer(as role: String) { inner.identifyPeer(as: role) }
    func whenEnded(_ body: @escaping @Sendable () -> Void) { inner.whenEnded(body) }
    var peerName: String { inner.peerName }
    var failure: TransportError? { inner.failure }
    var timeout: Duration? { inner.timeout }
    var overheadBytesSent: Int { inner.overheadBytesSent }
}

/// A value that threads share.
final class Locked<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

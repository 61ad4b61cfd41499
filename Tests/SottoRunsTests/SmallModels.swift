import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoRuns
import SottoSessions
import SottoTransport
import Synchronization

enum Small {
    /// One layer of two heads of width 2.
    static func architecture(_ edits: String...) throws -> Architecture {
        try Architecture(
            notation: .init("SM+LN+G"), layers: 1, heads: 2, width: 4, feedForwardWidth: 6, context: 8, vocabulary: 5
        ).applying(edits.map { try ArchitectureEdit($0) })
    }

    static func model(_ architecture: Architecture, deviation: Float = 0.3) throws -> NamedModel {
        NamedModel(
            named: NamedArchitecture(name: "small", architecture),
            weights: try .random(architecture, seed: 5, standardDeviation: deviation))
    }

    /// A model whose hidden states leave their bound.
    static func modelOutOfRange() throws -> NamedModel {
        try model(architecture("bounds.residual=1"), deviation: 3)
    }

    static let prompt = [3, 0, 4]
}

/// A server and a dealer on threads of their own, in memory, and a client's session with them.
final class PrivateSession {
    let client: ClientSession
    private let ended = DispatchGroup()

    init(_ model: NamedModel, sharesTimes: Bool = true) throws {
        let (forServer, forClient) = InMemoryChannel.pair(timeout: .seconds(60))
        let ofServer = InMemoryChannel.pair(names: ("server", "dealer"), timeout: .seconds(60))
        let ofClient = InMemoryChannel.pair(names: ("client", "dealer"), timeout: .seconds(60))
        let dealer = DealerService(domain: Ring64()) { try ForwardPass.dealerProgram($0, target: .standard) }
        for channel in [ofServer.1, ofClient.1] {
            Self.start(ended) { _ = try dealer.serve(channel, seeds: SystemSeedSource()) }
        }
        let configuration = SessionConfiguration(target: .standard, sharesTimes: sharesTimes)
        let offered = ServerSession.Model(
            name: model.named.name, notation: model.named.notation, architecture: model.architecture,
            weights: PreparedWeights(model.weights))
        Self.start(ended) {
            let session = try ServerSession(
                channel: forServer, model: offered, configuration: configuration,
                limits: SessionLimits(outputs: Set(ForwardPass.Output.allCases)), dealer: { ofServer.0 })
            _ = try session.serve()
        }
        client = try ClientSession(channel: forClient, configuration: configuration, dealer: { ofClient.0 })
    }

    private static func start(_ ended: DispatchGroup, _ body: @escaping @Sendable () throws -> Void) {
        ended.enter()
        let thread = Thread {
            // What fails ends the client's session, too.
            try? body()
            ended.leave()
        }
        thread.stackSize = 16 << 20
        thread.start()
    }

    func close() {
        client.close()
        ended.wait()
    }
}

/// A value that threads share.
final class Locked<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }

    func change(_ body: (inout Value) -> Void) { state.withLock { body(&$0) } }
}

import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions
import SottoTransport
import Synchronization
import TestSupport
import Testing

/// A server and a client without a dealer, on threads of their own.
@Suite struct TwoPartySessionTests {
    /// A vocabulary of which several tokens lie in a row of the server's table: prompts of several lengths in one session, the
    /// first and the last token among them. Declared to be long, a session begins with the server's encrypted weights.
    @Test(arguments: [1, 500]) func aCompletion(inferences: Int) throws {
        let architecture = try Architecture(
            layers: [.init(norm1: .none, norm2: .none, activation: .relu)], heads: 2, width: 4, feedForwardWidth: 6,
            context: 8, vocabulary: 101)
        let target = try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
        let table = EmbeddingTable.cheapest(for: architecture, in: target)
        #expect(table.tokensOfRow > 1 && !architecture.vocabulary.isMultiple(of: table.tokensOfRow))
        let weights = try ModelWeights.random(architecture, seed: 5, standardDeviation: 0.5)
        let configuration = SessionConfiguration(target: target)
        let channels = InMemoryChannel.pair(timeout: .seconds(60))
        let failure = Mutex<String?>(nil)
        let ended = DispatchGroup()
        ended.enter()
        let thread = Thread {
            defer { ended.leave() }
            do {
                _ = try ServerSession(
                    channel: channels.0,
                    model: .init(
                        name: "test", notation: "test", architecture: architecture, weights: PreparedWeights(weights)),
                    configuration: configuration, dealer: { throw TransportError.closed(peer: "dealer") }
                ).serve()
            } catch { failure.withLock { $0 = "\(error)" } }
        }
        thread.stackSize = 16 << 20
        thread.start()
        let client = try ClientSession(
            channel: channels.1, configuration: configuration, inferences: inferences,
            dealer: { throw TransportError.closed(peer: "dealer") })
        var memory: PreprocessingMemory?
        var tokens = [100, 0, 57]
        let completion = try client.complete(prompt: tokens, count: 2) { token, run in
            let last = try ReferenceModel(weights).logits(tokens: tokens).suffix(101).map(Double.init)
            for (a, b) in zip(last, run.values) { #expect(abs(a - b) < 0.02) }
            #expect(ReferenceModel.mostLikely(last) == token)
            let program = run.accounted.program
            if memory == nil {
                let rows = target.preprocessing.setupRows(program.plan, inferences: inferences)
                let declared = rows.reduce(.zero) { $0 + $1.cost.bytesSent }
                #expect(client.setup?.bytesSent == declared)
                #expect(rows.contains { $0.path == "setup/weights/encrypted" } == (inferences > 1))
            }
            let session = memory ?? target.preprocessing.memory(afterSetupOf: program.plan, inferences: inferences)
            memory = session
            #expect(program.plan.correlations.contains { session.hasMatrix(of: $0) } == (inferences > 1))
            #expect(CostInterpreter().run(program, session) == run.accounted.cost)
            tokens.append(token)
        }
        client.close()
        ended.wait()
        #expect(completion.count == 2)
        #expect(failure.withLock { $0 } == nil)
    }
}

import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoSessions
import SottoTransport
import Synchronization
import TestSupport
import Testing

/// A server, a client and a dealer on threads of their own, over TCP on loopback.
@Suite struct SecureSessionTests {
    /// A dealer's service of a connection.
    private static func dealer<Domain: ShareDomain>(
        _ domain: Domain, _ profile: DomainProfile
    ) -> @Sendable (any Channel) throws -> Void {
        let service = DealerService(domain: domain) {
            try ForwardPass.dealerProgram($0, target: .otWithDealer(over: profile))
        }
        return { try service.serve($0, seeds: SystemSeedSource()) }
    }

    /// A party may take other kernels than its peer.
    private static let others = ProductCrossovers(
        ring: .init(tilesOfPrepared: 9, wordsOfPrepared: 0), field: .init(limbsOverElements: .never, tilesDepth: 0))

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)], DomainProfile.both)
    func completionOverSockets(options: (Bool, Bool), profile: DomainProfile) throws {
        let (prefetch, isLLaMA) = options
        let agreed = SessionConfiguration(target: .otWithDealer(over: profile), sharesTimes: true)
        let mixed = try Architecture(
            layers: [
                .init(),
                .init(
                    norm1: .none, norm2: .none, activation: .identity, feedForward: .init(fused: true, scaled: true),
                    temperature: true),
            ],
            heads: 2, width: 12, feedForwardWidth: 20, context: 16, vocabulary: 31)
        let llama = try Architecture(
            layers: [.llama, .llama], heads: 4, keyValueHeads: 2, width: 16, feedForwardWidth: 11, context: 16,
            vocabulary: 31, tiedHead: false, finalNorm: .rmsNorm, positions: .rotary(theta: 10000), hasBiases: false)
        let architecture = isLLaMA ? llama : mixed
        let weights = try ModelWeights.random(architecture, seed: 5, standardDeviation: 0.3)
        let prepared = PreparedWeights(weights)
        let transport = try TCPTransport()
        defer { transport.shutdown() }
        let configuration = TCPConfiguration(timeout: .seconds(20))
        @Sendable func connect(_ endpoint: Endpoint) throws -> TCPChannel {
            try TCPChannel.connect(
                host: endpoint.host, port: endpoint.port, configuration: configuration, transport: transport)
        }
        let dealerListener = try TCPListener(
            host: "127.0.0.1", port: 0, configuration: configuration, transport: transport)
        let serverListener = try TCPListener(
            host: "127.0.0.1", port: 0, configuration: configuration, transport: transport)
        let serve = Self.dealer(profile.domain(), profile)
        for _ in 0..<2 {
            Thread.detachNewThread {
                if let channel = try? dealerListener.accept(timeout: .seconds(20)) {
                    try? serve(channel)
                }
            }
        }
        let failure = Mutex<String?>(nil)
        Thread.detachNewThread {
            do {
                let channel = try serverListener.accept(timeout: .seconds(20))
                let session = try ServerSession(
                    channel: channel,
                    model: .init(
                        name: "test", notation: "test", architecture: architecture, weights: prepared),
                    configuration: agreed, crossovers: Self.others,
                    dealer: { try connect(dealerListener.endpoint) })
                _ = try session.serve()
            } catch { failure.withLock { $0 = "\(error)" } }
        }
        let channel = try connect(serverListener.endpoint)
        let client = try ClientSession(
            channel: channel, configuration: agreed, prefetch: prefetch,
            dealer: { try connect(dealerListener.endpoint) })
        let prompt = [1, 2, 3, 30, 0]
        var tokens = prompt
        let completion = try client.complete(prompt: prompt, count: 3) { token, run in
            let reference = try ReferenceModel(weights).logits(tokens: tokens)
            let last = reference[(31 * (tokens.count - 1))...].map(Double.init)
            for (a, b) in zip(last, run.values) { #expect(abs(a - b) < 0.02) }
            #expect(ReferenceModel.mostLikely(last) == token)
            let declared = CostInterpreter().run(run.accounted.program)
            #expect(declared == run.accounted.cost)
            // Both parties' times, instruction by instruction, and the setup in the first run only.
            #expect(run.accounted.trace.times.values.allSatisfy { $0.count == run.accounted.program.instructionCount })
            #expect(run.accounted.trace.times.values.joined().contains { $0.value.preparation > 0 })
            #expect(run.accounted.trace.times.values.joined().allSatisfy { $0.value.dealing == 0 })
            let weights = tokens.count == prompt.count ? run.accounted.program.plan.weights.count : 0
            #expect(
                run.accounted.times.values.allSatisfy {
                    $0.setupWork.count == weights && ($0.setup > 0) == (weights > 0)
                })
            #expect(run.accounted.times.values.allSatisfy { $0.offline > 0 && $0.online > 0 })
            tokens.append(token)
        }
        #expect(throws: ArchitectureError.self) {
            try client.complete(prompt: prompt, count: 13) { _, _ in }
        }
        // Blocks alone have no embedding and no head: the setup of this session does not serve them.
        #expect(throws: PreprocessingError.otherWeights) {
            try client.run(hidden: [Double](repeating: 0, count: 2 * architecture.width))
        }
        client.close()
        #expect(completion.count == 3)
        #expect(failure.withLock { $0 } == nil)
    }

    /// A dealer of another prime, or of the ring, deals nothing.
    @Test func aDealerOfAnotherDomainRefuses() throws {
        let architecture = try Architecture(
            layers: [.init()], heads: 2, width: 8, feedForwardWidth: 12, context: 9, vocabulary: 11)
        let pass = try JSONSerialization.jsonObject(
            with: JSONEncoder().encode(ForwardPass(architecture: architecture, new: 3, output: .all)))
        for (asked, dealt) in [(DomainProfile.field, DomainProfile.ring64), (.field, .oddField), (.ring64, .field)] {
            let description = String(
                decoding: try JSONSerialization.data(withJSONObject: [
                    "pass": pass, "target": "\(Target.otWithDealer(over: asked))",
                ]),
                as: UTF8.self)
            #expect(
                throws: PreprocessingError.otherTarget(
                    dealer: "\(Target.otWithDealer(over: dealt))", parties: "\(Target.otWithDealer(over: asked))")
            ) {
                try ForwardPass.dealerProgram(description, target: .otWithDealer(over: dealt))
            }
            let own = try ForwardPass.dealerProgram(description, target: .otWithDealer(over: asked))
            let program = try ForwardPass(architecture: architecture, new: 3, output: .all).program(
                target: .otWithDealer(over: asked))
            #expect(try own.fingerprint == program.fingerprint())
            #expect(own.plan.encoding == program.plan.encoding)
        }
    }
}

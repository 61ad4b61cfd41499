import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoSessions
import SottoTransport
import TestSupport
import Testing

/// Sessions whose correlations were dealt ahead to files.
@Suite struct DealtAheadSessionTests {
    private static let prompt = [1, 4, 0]

    /// Deals for completions of so many tokens, and gives the directory.
    private static func deal(
        _ target: Target, _ architecture: Architecture, tokens: Int, completions: Int, to directory: URL
    ) throws {
        func write<Domain: ShareDomain>(_ domain: Domain) throws {
            _ = try KeySetWriter(domain: domain, target: target.description).write(
                to: directory, runs: tokens * completions, seeds: SystemSeedSource()
            ) { number in
                try ForwardPass(architecture: architecture, new: prompt.count + number % tokens, output: .last)
                    .dealtAhead(for: target)
            }
        }
        try write(target.domain.domain())
    }

    /// The thread of a party that has ended can hold its file for a moment.
    private static func open(_ party: Party, in directory: URL) throws -> KeyFile {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try KeyFile(path: directory.appendingPathComponent("\(party.name).keys").path)
            } catch KeyFileError.inUse where ContinuousClock.now < deadline {
                Thread.sleep(forTimeInterval: 0.001)
            }
        }
    }

    /// A server on a thread of its own.
    private static func serve(
        _ weights: ModelWeights, _ target: Target, keys: KeyFile?, _ channel: any Channel
    ) -> Background<Int> {
        Background {
            try ServerSession(
                channel: channel,
                model: .init(
                    name: "test", notation: "test", architecture: weights.architecture,
                    weights: PreparedWeights(weights)),
                configuration: SessionConfiguration(target: target), keys: keys,
                dealer: { throw TransportError.invalidAddress("no dealer") }
            ).serve()
        }
    }

    private static func client(_ target: Target, keys: KeyFile?, _ channel: any Channel) throws -> ClientSession {
        try ClientSession(
            channel: channel, configuration: SessionConfiguration(target: target), keys: keys,
            dealer: { throw TransportError.invalidAddress("no dealer") })
    }

    private static func complete(
        _ weights: ModelWeights, _ target: Target, tokens count: Int, in directory: URL
    ) throws -> [[Double]] {
        let channels = InMemoryChannel.pair(timeout: .seconds(20))
        let server = serve(weights, target, keys: try open(.server, in: directory), channels.0)
        let client = try client(target, keys: open(.client, in: directory), channels.1)
        var (tokens, seen) = (prompt, [[Double]]())
        _ = try client.complete(prompt: prompt, count: count) { token, run in
            let logits = try ReferenceModel(weights).logits(tokens: tokens).suffix(run.values.count).map(Double.init)
            for (a, b) in zip(logits, run.values) { #expect(abs(a - b) < 0.02) }
            #expect(CostInterpreter().run(run.accounted.program) == run.accounted.cost)
            tokens.append(token)
            seen.append(run.values)
        }
        client.close()
        #expect(try server.result() == count)
        return seen
    }

    /// The second session has other keys: the roundings of its truncations are others.
    @Test(arguments: [Target.standard, .fssWithDealer, .field, .mixtures[0]])
    func completionsEqualPlaintextAndDeclaration(target: Target) throws {
        let architecture = try SessionFixture.smallArchitecture()
        let weights = try ModelWeights.random(architecture, seed: 5, standardDeviation: 0.3)
        try withTemporaryDirectory { directory in
            try Self.deal(target, architecture, tokens: 2, completions: 2, to: directory)
            for session in 1...2 {
                _ = try Self.complete(weights, target, tokens: 2, in: directory)
                for party in Party.allCases { #expect(try Self.open(party, in: directory).cursor == 2 * session) }
            }
            #expect(throws: (any Error).self) { try Self.complete(weights, target, tokens: 2, in: directory) }
        }
    }

    /// What a party expects is said in the greeting, before anything depends on a key.
    @Test func whoHasNoKeysOrOtherOnesIsToldSo() throws {
        let architecture = try SessionFixture.smallArchitecture()
        let weights = try ModelWeights.random(architecture, seed: 5, standardDeviation: 0.3)
        try withTemporaryDirectory { directory in
            let places = ["one", "other"].map { directory.appendingPathComponent($0) }
            for place in places { try Self.deal(.standard, architecture, tokens: 1, completions: 1, to: place) }
            let files = try places.map { place in try ByParty { try Self.open($0, in: place) } }
            let pairs: [(KeyFile?, KeyFile?)] = [
                (files[0].server, files[1].client), (files[0].server, nil), (nil, files[0].client),
            ]
            for (ofServer, ofClient) in pairs {
                let channels = InMemoryChannel.pair(timeout: .seconds(20))
                let server = Self.serve(weights, .standard, keys: ofServer, channels.0)
                #expect(throws: (any Error).self) {
                    let client = try Self.client(.standard, keys: ofClient, channels.1)
                    defer { client.close() }
                    _ = try client.run(tokens: Self.prompt, output: .last)
                }
                #expect(throws: (any Error).self) { try server.result() }
            }
            for (party, target) in [(Party.server, Target.fssWithDealer), (.client, .standard)] {
                let channels = InMemoryChannel.pair(timeout: .seconds(20))
                let keys = files[0][party == .client ? .server : .client]
                #expect(throws: KeyFileError.self) { try Self.client(target, keys: keys, channels.1) }
                #expect(throws: TransportError.self) { try channels.0.receiveControl(limit: 1 << 20) }
            }
            #expect(files.allSatisfy { $0.server.cursor == 0 && $0.client.cursor == 0 })
        }
    }

    /// Both say which run the set has, and it is not lost.
    @Test func anotherLengthThanDealtIsRefused() throws {
        let architecture = try SessionFixture.smallArchitecture()
        let weights = try ModelWeights.random(architecture, seed: 5, standardDeviation: 0.3)
        try withTemporaryDirectory { directory in
            try Self.deal(.standard, architecture, tokens: 1, completions: 1, to: directory)
            do {
                let channels = InMemoryChannel.pair(timeout: .seconds(20))
                let server = Self.serve(weights, .standard, keys: try Self.open(.server, in: directory), channels.0)
                let client = try Self.client(.standard, keys: Self.open(.client, in: directory), channels.1)
                let error = #expect(throws: (any Error).self) { try client.run(tokens: [1, 2], output: .last) }
                let said = error.map { "\($0)" } ?? ""
                #expect(said.contains("3 positions, the last position's logits"), "\(said)")
                #expect(said.contains("2 positions"), "\(said)")
                #expect(throws: (any Error).self) { try server.result() }
            }
            _ = try Self.complete(weights, .standard, tokens: 1, in: directory)
        }
    }
}

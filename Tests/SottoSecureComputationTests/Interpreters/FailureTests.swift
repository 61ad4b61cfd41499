import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import TestSupport
import Testing

/// A peer that dies, lies or stumbles ends the run with a typed error, never with a trap or a hang.
@Suite struct FailureTests {
    private func run(
        client misdeeds: [Int: MisbehavingChannel.Misdeed], timeout: Duration = .seconds(20)
    ) throws {
        let (server, client) = InMemoryChannel.pair(timeout: timeout)
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [9], scale: 0, bound: 100).narrowed(to: 20)
        let bits = try b.compare(x, thresholds: [0])
        let y = try b.select(bits, x)
        try b.open(try b.truncate(y, by: 2, toWidth: 20), as: "y", to: [.client])
        _ = try ProgramRunner(
            b.finish(), client: ["x": Array(-4...4)],
            channels: (server, MisbehavingChannel(client, misdeeds: misdeeds)))
    }

    /// Frames of the client: leaves (round 0), one level (1), the selection, the truncation.
    @Test(arguments: 0..<4)
    func truncatedAndExtendedPayloads(index: Int) throws {
        for misdeed in [
            MisbehavingChannel.Misdeed.truncate(byteCount: 0), .truncate(byteCount: 1), .extend(byteCount: 1),
        ] {
            #expect {
                try run(client: [index: misdeed])
            } throws: { error in
                guard case .unexpectedSize? = error as? TransportError else { return false }
                return true
            }
        }
    }

    @Test(arguments: 0..<4)
    func wrongTagsAndDuplicates(index: Int) throws {
        #expect {
            try run(client: [index: .retag(0x1234)])
        } throws: { error in
            guard case .unexpectedTag(_, _, let got)? = error as? TransportError else { return false }
            return got == 0x1234
        }
        // A frame more than expected shows in the next receive.
        if index < 3 {
            #expect {
                try run(client: [index: .duplicate])
            } throws: { error in
                guard case .unexpectedTag? = error as? TransportError else { return false }
                return true
            }
        }
    }

    /// Frames of parallel branches may overtake each other; a second one with the same tag would be taken for the next run's.
    @Test(arguments: 0..<12)
    func duplicatesAmongBranches(index: Int) throws {
        let (server, client) = InMemoryChannel.pair(timeout: .milliseconds(500))
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [9], scale: 0, bound: 100).narrowed(to: 20)
        func branch() throws -> Secret {
            try b.truncate(b.select(b.compare(x, thresholds: [0]), x), by: 2, toWidth: 20)
        }
        _ = try b.parallel({ try branch() }, { try branch() }, { try branch() })
        #expect {
            _ = try ProgramRunner(
                b.finish(), client: ["x": Array(-4...4)],
                channels: (server, MisbehavingChannel(client, misdeeds: [index: .duplicate])))
            // After the last frames, what follows a run.
            _ = try server.receiveControl(limit: 0)
        } throws: { error in
            guard case .unexpectedTag? = error as? TransportError else { return false }
            return true
        }
    }

    @Test(arguments: 0..<4)
    func aPeerThatDiesIsNoticed(index: Int) throws {
        #expect(throws: TransportError.self) { try run(client: [index: .close]) }
    }

    @Test func silenceEndsAtTheTimeout() throws {
        #expect(throws: TransportError.self) { try run(client: [1: .drop], timeout: .milliseconds(200)) }
    }

    @Test func latenessIsHarmless() throws {
        try run(client: [0: .delay(.milliseconds(30)), 2: .delay(.milliseconds(30))])
    }

    /// Set padding bits in packed messages are refused.
    @Test func paddingMustBeZero() throws {
        let channels = InMemoryChannel.pair()
        #expect(throws: PackingError.nonzeroPadding) {
            try runServer(channels, payload: { [UInt8](repeating: 0xFF, count: $0) }, depth: 1)
        }
    }

    /// Depths come from the peer; the largest one overflowed the next frame's.
    @Test(arguments: [0, 1 << 20, UInt32.max])
    func impossibleDepths(depth: UInt32) throws {
        #expect(throws: InterpreterError.impossibleDepth(path: "truncate", depth: depth)) {
            try runServer(InMemoryChannel.pair(), payload: { [UInt8](repeating: 0, count: $0) }, depth: depth)
        }
    }

    /// Runs the server alone against one hand-made frame, of the truncation.
    private func runServer(
        _ channels: (InMemoryChannel, InMemoryChannel), payload: (Int) -> [UInt8], depth: UInt32
    ) throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [9], scale: 0, bound: 100).narrowed(to: 20)
        try b.open(try b.truncate(x, by: 2, toWidth: 20), as: "y", to: [.server, .client])
        let program = b.finish()
        let truncation = program.instructions[1]
        try channels.1.send(
            Frame(
                tag: UInt32(truncation.index * 16), depth: depth,
                payload: payload(truncation.rounds[0].client)))
        let dealer = try InsecureInProcessDealer(domain: Ring64(), seeds: InsecureSeededSource(1))
        _ = try PartyInterpreter(domain: Ring64(), party: .server, channel: channels.0)
            .run(
                program, source: dealer.source(.server, plan: program.plan),
                tensors: TensorDictionary(["x": Array(1...9)]))
    }

    @Test func errorsOfAPartyReachTheCaller() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [3], scale: 0, bound: 5)
        let w = ServerTensor(name: "w", shape: [3], scale: 0, width: 64)
        let y = try b.multiply(
            b.maskForServer(x), server: w, shape: .elementwise(count: 3), outputShape: [3], bound: 100)
        try b.open(y, as: "y", to: [.client])
        let program = b.finish()
        func simulate(server: [String: [Int64]], client: [String: [Int64]]) throws {
            _ = try InsecureSimulation(domain: Ring64()).run(
                program, server: TensorDictionary(server), client: TensorDictionary(client),
                seeds: InsecureSeededSource(1))
        }
        #expect(throws: InterpreterError.missingInput(name: "w")) {
            try simulate(server: [:], client: ["x": [1, 2, 3]])
        }
        #expect(throws: InterpreterError.missingInput(name: "x")) {
            try simulate(server: ["w": [1, 2, 3]], client: [:])
        }
        #expect(throws: PreprocessingError.weightSize(name: "w", expected: 3, got: 4)) {
            try simulate(server: ["w": [1, 2, 3, 4]], client: ["x": [1, 2, 3]])
        }
    }

    @Test func correlationsOfAnotherProgramAreRefused() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [3], scale: 0, bound: 5)
        _ = try b.openMasked(x)
        let program = b.finish()
        let other = CorrelationPlan(correlations: [CorrelatedOT(count: 3, width: 8)], weights: [])
        let dealer = try InsecureInProcessDealer(domain: Ring64(), seeds: InsecureSeededSource(1))
        let party = PartyInterpreter(domain: Ring64(), party: .server, channel: InMemoryChannel.pair().0)
        #expect(throws: PreprocessingError.otherPlan(index: 0)) {
            try party.run(
                program, source: dealer.source(.server, plan: other), tensors: TensorDictionary(["x": [1, 2, 3]]))
        }
        let empty = CorrelationPlan(correlations: [], weights: [])
        #expect(throws: PreprocessingError.notInPlan(index: 0, count: 0)) {
            try party.run(
                program, source: dealer.source(.server, plan: empty), tensors: TensorDictionary(["x": [1, 2, 3]]))
        }
    }
}

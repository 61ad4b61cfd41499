import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct OpeningTests {
    @Test(arguments: [[], [Party.server], [.client], [.server, .client]] as [[Party]])
    func everyReceiver(receivers: [Party]) throws {
        var generator = SeededGenerator(UInt64(receivers.count))
        for (count, width) in [(0, 7), (1, 2), (3, 3), (9, 17), (65, 30), (8, 64), (13, 63)] {
            let x = (0..<count).map { _ in reduced(Int64(bitPattern: generator.next()), width: width) }
            let b = ProgramBuilder()
            let s = b.sharedInput(
                "x", shape: [count], scale: 1,
                bound: largestMagnitude(width: width) / 2, width: width)
            try b.open(s, as: "x", to: receivers)
            let run = try ProgramRunner(b.finish(), shared: ["x": .adversarial(x, width: width, using: &generator)])
            #expect(run.outcome.server.opened["x"] == (receivers.contains(.server) ? x : nil))
            #expect(run.outcome.client.opened["x"] == (receivers.contains(.client) ? x : nil))
            #expect(run.reference("x") == x)
            let bytes = (count * width + 7) / 8
            #expect(
                run.declared.onlineBytes
                    == [receivers.contains(.client) ? bytes : 0, receivers.contains(.server) ? bytes : 0])
            #expect(run.declared.rounds == (receivers.isEmpty || bytes == 0 ? 0 : 1))
            #expect(run.costIsExact)
            #expect(run.program.outputScales["x"] == 1)
        }
    }

    @Test(arguments: DomainProfile.fields) func openingsInAField(profile: DomainProfile) throws {
        var generator = SeededGenerator(4)
        for count in [0, 1, 9, 65] {
            let x = generator.integers(count, bits: 62)
            let b = ProgramBuilder(profile: profile)
            let s = b.sharedInput("x", shape: [count], scale: 1, bound: 0x1p61, width: 64)
            try b.open(s, as: "x", to: [.client])
            try b.open(s, as: "both", to: Party.allCases)
            let run = try ProgramRunner(b.finish(), shared: ["x": .adversarial(x, width: 64, using: &generator)])
            #expect(run.opened("x") == x)
            #expect(run.outcome.server.opened == ["both": x])
            let bytes = WireSize.bytes(count: count, width: profile.maximumWidth)
            #expect(run.declared.onlineBytes == [2 * bytes, bytes])
            #expect(run.costIsExact)
        }
        let b = ProgramBuilder(profile: profile)
        let x = b.input("x", owner: .client, shape: [3], scale: 0, bound: 0x1p63)
        #expect(throws: ProgramError.headroom(path: "head/open", needed: 66, available: 65)) {
            try b.scope("head") { try b.open(x, as: "x", to: [.client]) }
        }
    }

    @Test func valuesBeyondTheRingAreReported() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [3], scale: 0, bound: 127).narrowed(to: 8)
        try b.scope("head") { try b.open(x, as: "x", to: [.client]) }
        let program = b.finish()
        #expect(try ProgramRunner(program, client: ["x": [127, -127, 5]]).plaintext.violations.isEmpty)
        let run = try ProgramRunner(program, client: ["x": [127, -300, 5]])
        #expect(run.plaintext.violations.map(\.path) == ["head/open"])
        #expect(run.plaintext.violations.map(\.magnitude) == [300])
        // What the parties see is the value modulo 2^8.
        #expect(run.opened("x") == [127, -44, 5])
    }

    @Test func boundsBeyondTheRingAreRefused() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [3], scale: 0, bound: 128).narrowed(to: 8)
        #expect(throws: ProgramError.headroom(path: "open", needed: 9, available: 8)) {
            try b.open(x, as: "x", to: [.client])
        }
    }
}

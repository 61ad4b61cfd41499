import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// What an observer of the wire, or a party, sees of every example: nothing but sizes, and those are public.
@Suite struct ExampleTrafficTests {
    private static let fills: [InputFill] = [.zeros, .constant(-1), .anything(seed: 9)]

    private static let mostRuns = 24

    private static func count(_ example: ExampleProgram) -> Int {
        ExamplePrograms.matrices.contains { $0.description == example.description } ? 4 : 256
    }

    /// Only openings of results are left out: what they show is the result.
    @Test(arguments: ExamplePrograms.all, DomainProfile.both)
    func everyMessageLooksUniform(example: ExampleProgram, profile: DomainProfile) throws {
        try checkMessages(example, .otWithDealer(over: profile))
    }

    @Test(arguments: ExamplePrograms.ofOtherSuites)
    func everyMessageOfOtherSuitesLooksUniform(example: ExampleProgram, target: Target) throws {
        try checkMessages(example, target)
    }

    private func checkMessages(_ example: ExampleProgram, _ target: Target) throws {
        let program = try example.program(count: Self.count(example), target: target)
        let results = Set(program.instructions.filter { $0.primitive.label == "open" }.map(\.index))
        for fill in Self.fills.prefix(2) {
            var bytes: [UInt64: [UInt8]] = [:]
            var (seed, counts): (UInt64, [Int]) = (0, [])
            // Until there is enough to tell of every message that is long enough to come to that.
            func isEnough(_ count: Int) -> Bool { count >= 1000 || Self.mostRuns * count < 1000 * Int(seed) }
            repeat {
                let channels = RecordingChannel.pair()
                _ = try ProgramRunner(program, fill: fill, seed: seed, channels: channels)
                for (party, channel) in [channels.0, channels.1].enumerated() {
                    for frame in channel.frames where !results.contains(Int(frame.tag / 16)) {
                        bytes[UInt64(frame.tag) * 2 + UInt64(party), default: []] += frame.payload
                    }
                }
                seed += 1
                counts = bytes.values.map(\.count)
            } while Int(seed) < Self.mostRuns && !(counts + [counts.reduce(0, +)]).allSatisfy(isEnough)
            for (message, bytes) in bytes where bytes.count >= 1000 {
                #expect(abs(ChiSquare.deviation(ofBytes: bytes)) < 6, "message \(message) of \(fill)")
            }
            let all = bytes.values.reduce([], +)
            if all.count >= 1000 { #expect(abs(ChiSquare.deviation(ofBytes: all)) < 6, "\(fill)") }
        }
    }

    @Test(arguments: ExamplePrograms.all, DomainProfile.both)
    func trafficDependsOnNothingSecret(example: ExampleProgram, profile: DomainProfile) throws {
        try checkHeaders(example, .otWithDealer(over: profile))
    }

    @Test(arguments: ExamplePrograms.ofOtherSuites)
    func trafficOfOtherSuitesDependsOnNothingSecret(example: ExampleProgram, target: Target) throws {
        try checkHeaders(example, target)
    }

    private func checkHeaders(_ example: ExampleProgram, _ target: Target) throws {
        struct Header: Equatable {
            let tag: UInt32
            let depth: UInt32
            let size: Int
        }
        let count = min(Self.count(example), 9)
        let program = try example.program(count: count, target: target)
        let headers = try Self.fills.enumerated().map { index, fill in
            let channels = RecordingChannel.pair()
            _ = try ProgramRunner(program, fill: fill, seed: UInt64(index), channels: channels)
            return [channels.0, channels.1].map { channel in
                channel.frames.map { Header(tag: $0.tag, depth: $0.depth, size: $0.payload.count) }
            }
        }
        for other in headers { #expect(other == headers[0]) }
    }
}

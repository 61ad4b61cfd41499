import SottoSecureComputation
import TestSupport
import Testing

/// What an observer of the wire, or a party, sees of the other's secrets: nothing but sizes, and those are public.
@Suite struct TrafficTests {
    static let labels: Set<String> = [
        "input", "add", "combine", "map", "concatenate", "truncate", "extend", "open", "open-masked", "multiply",
        "mask", "rotate", "compare", "select", "look-up", "look-up-sign", "combine-bits",
        "sum-selected", "choose-row", "keep", "recall",
    ]
    /// Those that a field does without: it has nothing to extend, and compares where a ring looks up.
    static let labelsOfRings: Set<String> = ["extend", "look-up", "look-up-sign", "combine-bits", "sum-selected"]

    @Test(arguments: DomainProfile.all) func theProgramHasEveryPrimitive(profile: DomainProfile) throws {
        let program = try EveryPrimitive(profile: profile).program
        #expect(
            Set(program.instructions.map(\.primitive.label))
                == (profile.prime == nil ? Self.labels : Self.labels.subtracting(Self.labelsOfRings)))
        let (run, _) = try EveryPrimitive(profile: profile).run({ Int64($0) * 3 - 90 }, weight: 200, share: 99, seed: 1)
        #expect(run.costIsExact)
        #expect(run.plaintext.violations.isEmpty)
        for name in ["server", "turned", "rectified", "chosen"] { #expect(run.opened(name) == run.reference(name)) }
        for name in ["client", "both"] {
            #expect(run.opened(name).count == run.reference(name).count)
            // The units of each truncation that is summed up.
            let each = Int64(profile.prime?.truncationError(byPowerOfTwo: 16) ?? 1)
            let units = name == "client" ? 16 * each : each
            #expect(zip(run.opened(name), run.reference(name)).allSatisfy { abs($0 - $1) <= units })
        }
    }

    /// Every frame of a program that contains every primitive, on the most regular inputs there are. Only openings of
    /// results are left out: what they show is the result.
    @Test(
        arguments: [(0, 0, 0), (4095, 4095, 0), (-4096, -4096, UInt64.max), (1, 0, 1 << 39)]
            as [(Int64, Int64, UInt64)], [DomainProfile.ring64, .field, .fullField])
    func everyOpenedValueLooksUniform(values: (Int64, Int64, UInt64), profile: DomainProfile) throws {
        let (fill, weight, share) = values
        let example = try EveryPrimitive(rows: 32, columns: 32, profile: profile)
        let results = Set(example.program.instructions.filter { $0.primitive.label == "open" }.map(\.index))
        var bytes: [UInt64: [UInt8]] = [:]
        var all: [[UInt8]] = [[], []]
        for seed in 0..<10 {
            let frames = try example.run({ _ in fill }, weight: weight, share: share, seed: UInt64(seed)).frames
            for (party, frames) in frames.enumerated() {
                for frame in frames where !results.contains(Int(frame.tag / 16)) {
                    bytes[UInt64(frame.tag) * 2 + UInt64(party), default: []] += frame.payload
                    all[party] += frame.payload
                }
            }
        }
        let large = bytes.filter { $0.value.count >= 1000 }
        #expect(large.count >= 70)
        for (message, bytes) in large {
            #expect(abs(ChiSquare.deviation(ofBytes: bytes)) < 6, "message \(message)")
        }
        for bytes in all { #expect(abs(ChiSquare.deviation(ofBytes: bytes)) < 6) }
    }

    /// The masked weights that the server sends in the setup look uniform and differ from run to run.
    @Test(arguments: DomainProfile.both) func maskedWeightsLookUniform(profile: DomainProfile) throws {
        let example = try EveryPrimitive(rows: 1, columns: 64, profile: profile)
        var setups: [[UInt8]] = []
        for seed in 0..<20 {
            let frames = try example.run({ _ in 0 }, weight: 0, share: 0, seed: UInt64(seed)).frames[0]
            setups.append(frames.first!.payload)
            #expect(frames.first!.tag >= 0xF000_0000)
        }
        #expect(Set(setups).count == 20)
        #expect(abs(ChiSquare.deviation(ofBytes: Array(setups.joined()))) < 6)
    }

    @Test(arguments: DomainProfile.all) func trafficDependsOnNothingSecret(profile: DomainProfile) throws {
        struct Header: Equatable {
            let tag: UInt32
            let depth: UInt32
            let size: Int
        }
        let example = try EveryPrimitive(rows: 3, columns: 7, profile: profile)
        func headers(_ fill: @escaping (Int) -> Int64, _ weight: Int64, _ share: UInt64, _ seed: UInt64) throws
            -> [[Header]]
        {
            try example.run(fill, weight: weight, share: share, seed: seed).frames.map { frames in
                frames.map { Header(tag: $0.tag, depth: $0.depth, size: $0.payload.count) }
            }
        }
        let first = try headers({ _ in 0 }, 0, 0, 1)
        #expect(!first[0].isEmpty && !first[1].isEmpty)
        #expect(try headers({ _ in 4095 }, -4096, .max, 1) == first)
        #expect(try headers({ Int64($0) * 17 - 2000 }, 1234, 1 << 39, 2) == first)
    }

    @Test func seedsDecideEveryFrame() throws {
        let example = try EveryPrimitive(rows: 2, columns: 16)
        let first = try example.run({ Int64($0) }, weight: 5, share: 7, seed: 1).frames
        #expect(try example.run({ Int64($0) }, weight: 5, share: 7, seed: 1).frames == first)
        let second = try example.run({ Int64($0) }, weight: 5, share: 7, seed: 2).frames
        let results = Set(example.program.instructions.filter { $0.primitive.label == "open" }.map(\.index))
        for (party, frames) in first.enumerated() {
            for (a, b) in zip(frames, second[party]) where !results.contains(Int(a.tag / 16)) {
                #expect(a.payload != b.payload, "message \(a.tag) of party \(party)")
            }
        }
    }

    /// The same value opened twice travels under two masks.
    @Test func noMaskIsUsedTwice() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [64], scale: 0, bound: 7)
        _ = try b.openMasked([x, x])
        _ = try b.openMasked(x)
        _ = try b.maskForServer(x)
        _ = try b.maskForServer(x)
        let bits = try b.compare(x, thresholds: [0, 0])
        let y = try b.select(bits, SelectionTable(rows: [[0, 1], [0, 2], [0, 3]]), of: x, scale: 0, magnitude: 21)
        _ = try b.select(bits, SelectionTable(rows: [[0, 1], [0, 2], [0, 3]]), of: x, scale: 0, magnitude: 21)
        _ = try b.truncate(y, by: 0, toWidth: 64)
        let program = b.finish()
        var masks: [Int] = []
        for instruction in program.instructions { masks += instruction.correlations }
        #expect(Set(masks).count == masks.count)
        #expect(masks.count == program.plan.correlations.count)
        let channels = RecordingChannel.pair()
        _ = try ProgramRunner(program, client: ["x": [Int64](repeating: 0, count: 64)], channels: channels)
        // All client messages are zero minus a mask: 64 elements of 64 bits, cut into single elements, never repeat.
        var seen: Set<[UInt8]> = []
        var elements = 0
        for frame in channels.1.frames where frame.payload.count % 512 == 0 {
            for start in stride(from: 0, to: frame.payload.count, by: 8) {
                seen.insert(Array(frame.payload[start..<(start + 8)]))
                elements += 1
            }
        }
        #expect(elements == 5 * 64)
        #expect(seen.count == elements)
    }
}

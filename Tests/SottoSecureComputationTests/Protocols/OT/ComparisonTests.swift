import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct ComparisonTests {
    /// Compares shared `values` and opens every plane as 0 or 1.
    private func run(
        _ values: SharedTensor, bound: Double, ring: Int, thresholds: [Int64], nonNegative: Bool = false,
        seed: UInt64 = 1, profile: DomainProfile = .ring64
    ) throws -> (planes: [[Int64]], run: ProgramRunner) {
        let count = values.values.count
        let b = ProgramBuilder(profile: profile)
        let x = b.sharedInput("x", shape: [count], scale: 0, bound: bound, width: ring)
        let one = b.input("one", owner: .server, shape: [count], scale: 0, bound: 1).narrowed(to: 4)
        let bits = try b.compare(x, thresholds: thresholds, nonNegative: nonNegative)
        // Rows that tell the planes apart: the number of set bits, which is all that an ascending list can show.
        for index in thresholds.indices {
            let rows: [[Int64]] = (0...thresholds.count).map { [0, $0 > index ? 1 : 0] }
            try b.open(
                try b.select(bits, SelectionTable(rows: rows), of: one, scale: 0, magnitude: 1), as: "\(index)",
                to: [.client])
        }
        let run = try ProgramRunner(
            b.finish(), server: ["one": [Int64](repeating: 1, count: count)], shared: ["x": values], seed: seed)
        return (thresholds.indices.map { run.opened("\($0)") }, run)
    }

    /// Every width with adversarial shares, full range: the sign of any value of a ring of `width` bits.
    @Test(arguments: [2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 30, 31, 33, 47, 62, 63, 64])
    func signInEveryWidth(width: Int) throws {
        var generator = SeededGenerator(UInt64(width))
        let end: Int64 = width == 64 ? .max : (1 << Int64(width - 1)) - 1
        for count in [0, 1, 8, 65, 301] {
            let ends = [0, -1, 1, end, -end - 1, -end, end - 1, end / 2, -end / 2 - 1]
            let x = (0..<count).map { index -> Int64 in
                index % 2 == 0
                    ? ends[index / 2 % ends.count] : reduced(Int64(bitPattern: generator.next()), width: width)
            }
            for shared in [
                SharedTensor.adversarial(x, width: width, using: &generator), .held(x, byServer: true),
                .held(x, byServer: false),
            ] {
                let (planes, run) = try run(
                    shared, bound: largestMagnitude(width: width), ring: width, thresholds: [0],
                    seed: UInt64(count))
                #expect(planes[0] == x.map { $0 >= 0 ? 1 : 0 })
                #expect(run.costIsExact)
                let leaf = WireSize.bytes(count: count * (width - 1), width: 1)
                #expect(run.declared.instructions[2].messages[0] == [leaf, leaf])
            }
        }
    }

    /// Every pair of shares of every value in small rings: all carries of the tree.
    @Test(arguments: [2, 3, 4, 5, 6, 7])
    func exhaustive(width: Int) throws {
        let ring = 1 << width
        var shared: (values: [Int64], server: [Int64], client: [Int64]) = ([], [], [])
        for server in 0..<ring {
            for client in 0..<ring {
                shared.values.append(reduced(Int64(server + client), width: width))
                shared.server.append(Int64(server))
                shared.client.append(Int64(client))
            }
        }
        let (planes, _) = try run(
            SharedTensor(values: shared.values, server: shared.server, client: shared.client),
            bound: Double(ring / 2 - 1), ring: width, thresholds: [0])
        #expect(planes[0] == shared.values.map { $0 >= 0 ? 1 : 0 })
    }

    @Test(arguments: [3, 6, 9, 17, 30, 47, 62], [DomainProfile.ring64])
    func severalThresholds(width: Int, profile: DomainProfile) throws {
        try check(width: width, thresholds: [2, 3, 7, 15], profile)
    }

    @Test(arguments: DomainProfile.fields)
    func severalThresholdsInAField(profile: DomainProfile) throws {
        for width in [3, 30, 62] { try check(width: width, thresholds: [1, 3, 7], profile) }
    }

    private func check(width: Int, thresholds numbers: [Int], _ profile: DomainProfile) throws {
        var generator = SeededGenerator(UInt64(width))
        let end = Int64(1) << Int64(width - 2)
        for number in numbers {
            let thresholds =
                ([0, end - 1, -(end - 1)]
                + generator.integers(number, bits: width - 2).map { $0 == end || $0 == -end ? 0 : $0 })
                .prefix(number).sorted()
            let near = thresholds.flatMap { [$0 - 1, $0, $0 + 1] }.map { max(-end, min(end, $0)) }
            let x = near + generator.integers(40, bits: width - 2)
            let (planes, run) = try run(
                .adversarial(x, width: 64, using: &generator), bound: Double(end), ring: 64,
                thresholds: Array(thresholds), profile: profile)
            for (threshold, plane) in zip(thresholds, planes) {
                #expect(plane == x.map { $0 >= threshold ? 1 : 0 }, "\(threshold)")
            }
            #expect(run.costIsExact)
            // The server's operand depends on the threshold, the client's does not.
            let needed =
                ProgramBuilder().width(holding: Double(end) + Double(thresholds.map(\.magnitude).max()!)) - 2
            let bits = profile.prime?.bits ?? needed
            let own = WireSize.bytes(count: x.count * bits, width: 1)
            #expect(
                run.declared.instructions[2].messages[0] == [
                    WireSize.bytes(count: x.count * bits * number, width: 1), own,
                ])
        }
    }

    /// The sign of every value that a program may have, on shares around 0, p and p/2.
    @Test(arguments: DomainProfile.fields)
    func signInAField(profile: DomainProfile) throws {
        var generator = SeededGenerator(3)
        let x = generator.integers(999, bits: 61)
        for shared in [
            SharedTensor.adversarial(x, width: 64, using: &generator), .held(x, byServer: true),
            .held(x, byServer: false),
        ] {
            let (planes, run) = try run(
                shared, bound: 0x1p61, ring: 64, thresholds: [0], seed: 5, profile: profile)
            #expect(planes[0] == x.map { $0 >= 0 ? 1 : 0 })
            #expect(run.costIsExact)
            let leaf = WireSize.bytes(count: 999 * profile.maximumWidth, width: 1)
            #expect(run.declared.instructions[2].messages[0] == [leaf, leaf])
            // Leaves of two bits, then nodes of four children.
            var (rounds, nodes) = (1, (profile.maximumWidth + 1) / 2)
            while nodes > 1 { (rounds, nodes) = (rounds + 1, (nodes + 3) / 4) }
            #expect(run.declared.instructions[2].rounds == rounds)
        }
    }

    @Test func nonNegativeValuesNeedNoBitForTheDifference() throws {
        var generator = SeededGenerator(8)
        let x = generator.integers(100, bits: 10).map { Int64($0.magnitude) }
        let thresholds: [Int64] = [1, 512, 1023]
        let (planes, narrow) = try run(
            .adversarial(x, width: 20, using: &generator), bound: 1024, ring: 20, thresholds: thresholds,
            nonNegative: true)
        for (threshold, plane) in zip(thresholds, planes) { #expect(plane == x.map { $0 >= threshold ? 1 : 0 }) }
        #expect(narrow.declared.instructions[2].messages[0][1] == WireSize.bytes(count: 11 * 100, width: 1))
    }

    @Test func noThresholdsGiveNoBits() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [9], scale: 0, bound: 7)
        let bits = try b.compare(x, thresholds: [])
        try b.open(
            try b.select(bits, SelectionTable(rows: [[3, 2]]), of: x, scale: 0, magnitude: 17), as: "y", to: [.client])
        let run = try ProgramRunner(b.finish(), client: ["x": Array(-4...4)])
        #expect(run.opened("y") == (-4...4).map { 3 + 2 * $0 })
        #expect(run.costIsExact)
    }

    @Test(arguments: [(2, 1), (3, 1), (4, 2), (5, 2), (9, 2), (10, 3), (33, 3), (34, 4), (64, 4)])
    func roundsGrowWithTheFourthRoot(width: Int, rounds: Int) throws {
        // Leaves of two bits of width - 1, then nodes of four children.
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [3], scale: 0, bound: largestMagnitude(width: width), width: width)
        _ = try b.compare(x, thresholds: [0])
        #expect(CostInterpreter().run(b.finish()).rounds == rounds)
    }

    @Test func valuesBeyondTheBoundAreReportedAndHarmless() throws {
        let x: [Int64] = [1000, -1000, 127, -128, 128, .max, .min, 0]
        let (planes, run) = try run(.held(x, byServer: true), bound: 127, ring: 64, thresholds: [0])
        #expect(planes[0] == x.map { reduced($0, width: 8) >= 0 ? 1 : 0 })
        #expect(run.plaintext.violations.map(\.path) == ["compare"])
    }

    @Test func refusals() throws {
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [4], scale: 0, bound: 127, width: 8)
        _ = try b.compare(x, thresholds: [0])
        #expect(throws: ProgramError.headroom(path: "a/compare", needed: 9, available: 8)) {
            try b.scope("a") { try b.compare(x, thresholds: [0, 1]) }
        }
        #expect(try b.compare(x, thresholds: [5], nonNegative: true).planes == 1)
    }
}

import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct LinearOperationsTests {
    /// Runs `body` on one shared input and opens what it returns.
    private func run(
        _ values: [Int64], bound: Double = 0x1p20, width: Int = 40, scale: Int = 0, seed: UInt64 = 1,
        profile: DomainProfile = .ring64, _ body: (ProgramBuilder, Secret) throws -> Secret
    ) throws -> ProgramRunner {
        var generator = SeededGenerator(seed)
        let b = ProgramBuilder(profile: profile)
        let x = b.sharedInput("x", shape: [values.count], scale: scale, bound: bound, width: width)
        try b.open(try body(b, x), as: "y", to: Party.allCases)
        return try ProgramRunner(
            b.finish(), shared: ["x": .adversarial(values, width: width, using: &generator)], seed: seed)
    }

    @Test(arguments: DomainProfile.all) func everyMap(profile: DomainProfile) throws {
        var generator = SeededGenerator(1)
        let ragged = Segments(groups: 2, lengths: [1, 4, 3, 7])
        let triangle = CausalTriangle(groups: 2, past: 2, new: 3)
        let maps: [LinearMap] = [
            .slice(shape: [3, 5, 2], axis: 1, range: 1..<4), .slice(shape: [4], axis: 0, range: 2..<2),
            .permute(shape: [2, 3, 4], order: [2, 0, 1]), .packTriangle(triangle), .fillTriangle(triangle),
            .segmentSum(ragged), .segmentBroadcast(ragged), .pairElements(ragged, second: false),
            .pairElements(ragged, second: true), .placePairs(ragged), .placeLeftovers(ragged),
        ]
        for map in maps {
            let values = generator.integers(map.inputCount, bits: 20)
            let run = try run(values, profile: profile) { try $0.map($1, map, shape: [map.outputCount]) }
            #expect(run.opened("y") == reference(map, values), "\(map)")
            #expect(run.reference("y") == reference(map, values), "\(map)")
            #expect(run.costIsExact)
        }
    }

    private func reference(_ map: LinearMap, _ x: [Int64]) -> [Int64] {
        switch map.lowered() {
        case .gather(let indices): indices.map { $0 < 0 ? 0 : x[Int($0)] }
        case .sums(let offsets): (1..<offsets.count).map { x[offsets[$0 - 1]..<offsets[$0]].reduce(0, +) }
        }
    }

    @Test(arguments: [0, 1, 13], DomainProfile.all)
    func combinations(count: Int, profile: DomainProfile) throws {
        var generator = SeededGenerator(2)
        let x = generator.integers(count, bits: 20)
        for (factor, constant) in [(3, 0), (-7, 11), (0, -5), (Int64(1) << 14, -(1 << 30))] as [(Int64, Int64)] {
            let run = try run(x, profile: profile) { b, x in
                try b.combine([(x, factor), (x, 1)], constant: constant)
            }
            #expect(run.opened("y") == x.map { factor * $0 + $0 + constant })
            #expect(run.reference("y") == run.opened("y"))
            #expect(run.costIsExact)
        }
        #expect(try run(x, profile: profile) { try $0.subtract($1, $1) }.opened("y") == x.map { _ in 0 })
        #expect(try run(x, profile: profile) { try $0.add($1, $1) }.opened("y") == x.map { 2 * $0 })
    }

    /// In a field values never wrap: every operation that makes them larger checks what is declared.
    @Test(arguments: DomainProfile.fields) func growthBeyondAFieldIsRefused(profile: DomainProfile) throws {
        let b = ProgramBuilder(profile: profile)
        let x = b.input("x", owner: .client, shape: [4], scale: 0, bound: 0x1p61)
        func error(_ label: String) -> ProgramError {
            .headroom(path: "here/\(label)", needed: 66, available: 65)
        }
        func here(_ body: () throws -> Void) throws { try b.scope("here", body) }
        #expect(throws: error("combine")) { try here { _ = try b.combine([(x, 4)]) } }
        #expect(throws: error("combine")) { try here { _ = try b.refined(x, toScale: 2) } }
        #expect(throws: error("map")) {
            try here { _ = try b.map(x, .segmentSum(Segments(rows: 1, columns: 4)), shape: [1]) }
        }
        #expect(throws: error("map")) {
            try here { _ = try b.map(b.openMasked(x), .segmentSum(Segments(rows: 1, columns: 4)), shape: [1]) }
        }
        #expect(throws: error("add")) { try here { _ = try b.add(x, serverTensor: "b", shape: [4], bound: 0x1.8p62) } }
        #expect(try b.combine([(x, 3)]).magnitude == 0x1.8p62)
        // A ring may pass through wrapped values, and checks where they are used.
        let ring = ProgramBuilder()
        let y = ring.input("x", owner: .client, shape: [4], scale: 0, bound: 0x1p61)
        #expect(try ring.combine([(y, 8)]).promised(below: 1).magnitude == 1)
    }

    @Test func ringsMeetInTheNarrowest() throws {
        let b = ProgramBuilder()
        let wide = b.input("w", owner: .server, shape: [2], scale: 4, bound: 100)
        let narrow = b.sharedInput("n", shape: [2], scale: 4, bound: 100, width: 20)
        let sum = try b.add(wide, narrow)
        #expect(sum.width == 20)
        #expect(sum.magnitude == 3200)
        try b.open(sum, as: "y", to: [.client])
        var generator = SeededGenerator(4)
        let run = try ProgramRunner(
            b.finish(), server: ["w": [1600, -1600]],
            shared: ["n": .adversarial([1600, -1600], width: 20, using: &generator)])
        #expect(run.opened("y") == [3200, -3200])
    }

    @Test func refinement() throws {
        var generator = SeededGenerator(5)
        let x = generator.integers(40, bits: 20)
        for (shift, width) in [(1, 30), (10, 30), (33, 30), (40, 50), (0, 30)] {
            let run = try run(x, width: width, scale: 2) { b, x in
                let refined = try b.refined(x, toScale: 2 + shift)
                #expect(refined.width == min(64, width + shift))
                #expect(refined.scale == 2 + shift)
                return refined
            }
            #expect(run.opened("y") == x.map { $0 << Int64(shift) })
            #expect(run.costIsExact)
        }
    }

    @Test func concatenation() throws {
        var generator = SeededGenerator(6)
        let parts = [0, 1, 5, 9].map { generator.integers($0, bits: 12) }
        let b = ProgramBuilder()
        let secrets = parts.enumerated().map {
            b.input("p\($0)", owner: $0 % 2 == 0 ? .server : .client, shape: [$1.count], scale: 0, bound: 5000)
        }
        try b.open(b.concatenate(secrets, shape: [3, 5]), as: "y", to: [.client])
        var inputs: [[String: [Int64]]] = [[:], [:]]
        for (index, part) in parts.enumerated() { inputs[index % 2]["p\(index)"] = part }
        let run = try ProgramRunner(b.finish(), server: inputs[0], client: inputs[1])
        #expect(run.opened("y") == Array(parts.joined()))
        #expect(run.reference("y") == Array(parts.joined()))
        #expect(run.costIsExact)
    }

    @Test func narrowingKeepsTheValue() throws {
        var generator = SeededGenerator(7)
        let x = generator.integers(50, bits: 7)
        let run = try run(x, bound: 128, width: 61) { _, x in x.narrowed(to: 9) }
        #expect(run.opened("y") == x)
        #expect(run.declared.onlineBytes == [WireSize.bytes(count: 50, width: 9), WireSize.bytes(count: 50, width: 9)])
    }
}

import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct SelectionTests {
    /// Any polynomials over the whole ring, selected by the comparison of one value and applied to another.
    private func check(degree: Int, thresholds: Int, width: Int, count: Int, seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let rows = (0...thresholds).map { _ in (0...degree).map { _ in Int64(bitPattern: generator.next()) } }
        let limits = (0..<thresholds).map { Int64(20 * $0 - 50) }
        let switches = (0..<count).map { _ in Int64.random(in: -80...80, using: &generator) }
        let x = (0..<count).map { index -> Int64 in
            let end: Int64 = .max >> Int64(64 - width)
            return index % 4 == 0
                ? [0, 1, -1, end, -end - 1][index / 4 % 5] : reduced(Int64(bitPattern: generator.next()), width: width)
        }
        let b = ProgramBuilder()
        let selector = b.sharedInput("s", shape: [count], scale: 0, bound: 100, width: 12)
        let value = b.sharedInput("x", shape: [count], scale: 0, bound: 0, width: width)
        let bits = try b.compare(selector, thresholds: limits)
        try b.open(
            try b.select(
                bits, SelectionTable(rows: rows), of: value, scale: 0, magnitude: largestMagnitude(width: width)),
            as: "y", to: [.client])
        let run = try ProgramRunner(
            b.finish(),
            shared: [
                "s": .adversarial(switches, width: 12, using: &generator),
                "x": .adversarial(x, width: width, using: &generator),
            ], seed: seed)
        let expected = zip(switches, x).map { s, x in
            rows[limits.count { s >= $0 }].reversed().reduce(0) { $0 &* x &+ $1 }
        }
        #expect(run.opened("y") == expected.map { reduced($0, width: width) })
        #expect(run.reference("y") == expected)
        #expect(run.costIsExact)
        let bytes = WireSize.bytes(count: count * thresholds, width: 1) + WireSize.bytes(count: count, width: width)
        #expect(run.declared.instructions[3].messages == [[bytes, bytes]])
    }

    @Test(arguments: [1, 2, 3], [1, 2, 5])
    func anyPolynomials(degree: Int, thresholds: Int) throws {
        for (index, (width, count)) in [(64, 65), (2, 9), (17, 1), (30, 100), (63, 0), (47, 64)].enumerated() {
            try check(degree: degree, thresholds: thresholds, width: width, count: count, seed: UInt64(index + 1))
        }
    }

    /// Bits become additive shares of zeros and ones; several planes add up.
    @Test(arguments: [1, 3], [2, 16, 64])
    func arithmeticBits(planes: Int, width: Int) throws {
        var generator = SeededGenerator(UInt64(planes + width))
        let x = (0..<77).map { _ in Int64.random(in: -80...80, using: &generator) }
        let limits = (0..<planes).map { Int64(20 * $0 - 10) }
        let b = ProgramBuilder()
        let value = b.sharedInput("x", shape: [77], scale: 0, bound: 100, width: 12)
        let bits = try b.arithmetic(try b.compare(value, thresholds: limits), width: width)
        try b.open(bits, as: "y", to: [.client])
        let run = try ProgramRunner(b.finish(), shared: ["x": .adversarial(x, width: 12, using: &generator)])
        #expect(run.opened("y") == x.map { value in Int64(limits.count { value >= $0 }) })
        #expect(run.reference("y") == run.opened("y"))
        #expect(run.costIsExact)
    }

    @Test(arguments: [1, 2, 3], [1, 3])
    func origins(degree: Int, thresholds: Int) throws {
        for (width, count) in [(64, 65), (17, 33), (30, 1), (47, 0)] {
            var generator = SeededGenerator(UInt64(width))
            let rows = (0...thresholds).map { _ in (0...degree).map { _ in Int64(bitPattern: generator.next()) } }
            let origins = (0...thresholds).map { _ in
                reduced(Int64(bitPattern: generator.next()), width: min(width, 40))
            }
            let limits = (0..<thresholds).map { Int64(20 * $0 - 20) }
            let switches = (0..<count).map { _ in Int64.random(in: -80...80, using: &generator) }
            let x = (0..<count).map { _ in reduced(Int64(bitPattern: generator.next()), width: width) }
            let b = ProgramBuilder()
            let selector = b.sharedInput("s", shape: [count], scale: 0, bound: 100, width: 12)
            let value = b.sharedInput("x", shape: [count], scale: 0, bound: 0, width: width)
            let bits = try b.compare(selector, thresholds: limits)
            try b.open(
                try b.select(
                    bits, SelectionTable(rows: rows), of: value, origins: origins, scale: 0, magnitude: 1),
                as: "y", to: [.client])
            let run = try ProgramRunner(
                b.finish(),
                shared: [
                    "s": .adversarial(switches, width: 12, using: &generator),
                    "x": .adversarial(x, width: width, using: &generator),
                ])
            let expected = zip(switches, x).map { s, x in
                let interval = limits.count { s >= $0 }
                return rows[interval].reversed().reduce(0) { $0 &* (x &- origins[interval]) &+ $1 }
            }
            #expect(run.opened("y") == expected.map { reduced($0, width: width) })
            #expect(run.reference("y") == expected)
            #expect(run.costIsExact)
            let bits0 = WireSize.bytes(count: count * thresholds, width: 1)
            let elements = WireSize.bytes(count: count, width: width)
            #expect(run.declared.instructions[3].messages == [[bits0, bits0], [elements, elements]])
        }
    }

    /// Exact integers: a field has no wrapped ones. Selected origins, polynomials of every degree, and bits as elements.
    @Test(arguments: DomainProfile.all, [1, 2, 3])
    func integerPolynomials(profile: DomainProfile, degree: Int) throws {
        var generator = SeededGenerator(UInt64(degree))
        let count = 99
        let limits: [Int64] = [-50, 0, 31]
        let rows = (0...3).map { _ in (0...degree).map { _ in Int64.random(in: -4000...4000, using: &generator) } }
        let origins: [Int64] = [-100, 5, 0, 777]
        let switches = (0..<count).map { _ in Int64.random(in: -80...80, using: &generator) }
        let x = generator.integers(count, bits: 12)
        let b = ProgramBuilder(profile: profile)
        let selector = b.sharedInput("s", shape: [count], scale: 0, bound: 100, width: 12)
        let value = b.sharedInput("x", shape: [count], scale: 0, bound: 4096, width: 60)
        let bits = try b.compare(selector, thresholds: limits)
        let table = SelectionTable(rows: rows)
        try b.open(try b.select(bits, table, of: value, scale: 0, magnitude: 0x1p56), as: "plain", to: [.client])
        try b.open(
            try b.select(bits, table, of: value, origins: origins, scale: 0, magnitude: 0x1p56), as: "moved",
            to: [.server])
        try b.open(try b.arithmetic(bits, width: 3), as: "bits", to: [.client])
        let run = try ProgramRunner(
            b.finish(),
            shared: [
                "s": .adversarial(switches, width: 12, using: &generator),
                "x": .adversarial(x, width: 60, using: &generator),
            ])
        func expected(_ s: Int64, _ x: Int64, origins: [Int64]) -> Int64 {
            let interval = limits.count { s >= $0 }
            return rows[interval].reversed().reduce(0) { $0 * (x - origins[interval]) + $1 }
        }
        #expect(run.opened("plain") == zip(switches, x).map { expected($0, $1, origins: [0, 0, 0, 0]) })
        #expect(run.opened("moved") == zip(switches, x).map { expected($0, $1, origins: origins) })
        #expect(run.opened("bits") == switches.map { s in Int64(limits.count { s >= $0 }) })
        for name in ["plain", "moved", "bits"] { #expect(run.reference(name) == run.opened(name)) }
        #expect(run.costIsExact)
        let opened = WireSize.bytes(count: count * 3, width: 1)
        let elements = WireSize.bytes(count: count, width: profile.width(60))
        #expect(run.declared.instructions[3].messages == [[opened + elements, opened + elements]])
    }

    @Test(arguments: DomainProfile.both) func oneBitKeepsOrDrops(profile: DomainProfile) throws {
        var generator = SeededGenerator(2)
        let x = generator.integers(99, bits: 20)
        let s = generator.integers(99, bits: 20)
        let b = ProgramBuilder(profile: profile)
        let value = b.input("x", owner: .server, shape: [99], scale: 0, bound: 0x1p20)
        let selector = b.input("s", owner: .client, shape: [99], scale: 0, bound: 0x1p20)
        let bits = try b.compare(selector, thresholds: [7])
        // The same bits serve two selections, each under masks of its own.
        try b.open(try b.select(bits, value), as: "x", to: [.client])
        try b.open(try b.select(bits, selector), as: "s", to: [.client])
        let run = try ProgramRunner(b.finish(), server: ["x": x], client: ["s": s])
        #expect(run.opened("x") == zip(s, x).map { $0 >= 7 ? $1 : 0 })
        #expect(run.opened("s") == s.map { $0 >= 7 ? $0 : 0 })
        #expect(run.costIsExact)
    }

    @Test func refusals() throws {
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [4], scale: 0, bound: 7, width: 8)
        let bits = try b.compare(x, thresholds: [0])
        let other = b.sharedInput("y", shape: [5], scale: 0, bound: 7, width: 8)
        #expect(throws: ProgramError.self) { try b.select(bits, other) }
        #expect(throws: ProgramError.self) {
            try b.select(bits, SelectionTable(rows: [[0, 1], [0, 1], [0, 1]]), of: x, scale: 0, magnitude: 1)
        }
        #expect(throws: ProgramError.headroom(path: "select", needed: 9, available: 8)) {
            try b.select(bits, SelectionTable(rows: [[0, 1], [0, 1]]), of: x, scale: 0, magnitude: 128)
        }
    }
}

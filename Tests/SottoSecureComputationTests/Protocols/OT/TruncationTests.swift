import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// A truncation by `shift` from a ring of `from` bits to one of `to` bits, or in a field.
struct TruncationCase: Sendable, CustomStringConvertible {
    let shift: Int
    let from: Int
    let to: Int
    let profile: DomainProfile

    init(_ shift: Int, _ from: Int, _ to: Int) {
        (self.shift, self.from, self.to, profile) = (shift, from, to, .ring64)
    }

    init(_ shift: Int, in profile: DomainProfile) {
        (self.shift, from, to, self.profile) = (shift, profile.maximumWidth, profile.maximumWidth, profile)
    }

    var description: String { "by \(shift) from \(from) to \(to) bits of \(profile.name)" }
    var isLocal: Bool { profile.prime == nil && to <= from - shift }
    /// Largest magnitude in the documented range; where the operation is local the rounded quotient must fit the ring.
    var largest: Int64 {
        guard profile.prime == nil else { return .max >> 1 }
        let unit: Int64 = 1 << Int64(shift)
        return isLocal ? Int64.max >> Int64(64 - shift - to) - unit : Int64.max >> Int64(65 - from)
    }

    static let wrapping = [
        TruncationCase(16, 64, 64), TruncationCase(1, 64, 64), TruncationCase(62, 64, 3), TruncationCase(30, 64, 40),
        TruncationCase(12, 33, 64), TruncationCase(7, 18, 30), TruncationCase(2, 4, 4), TruncationCase(16, 47, 46),
        TruncationCase(1, 3, 3), TruncationCase(20, 50, 31),
    ]
    static let fields = DomainProfile.fields.flatMap { profile in
        [1, 16, 30, 48, 62].map { TruncationCase($0, in: profile) }
    }
    static let local = [
        TruncationCase(16, 64, 48), TruncationCase(16, 64, 20), TruncationCase(5, 17, 12), TruncationCase(1, 4, 3),
        TruncationCase(30, 62, 32), TruncationCase(40, 63, 10),
    ]

    /// `truncate`, opened to the client, whatever bound the values have.
    func program(count: Int) throws -> Program {
        let b = ProgramBuilder(profile: profile)
        let bound = largestMagnitude(width: min(63, isLocal ? from : from - 1))
        let x = b.sharedInput(
            "x", shape: [count], scale: shift, bound: Double(sign: .plus, exponent: -shift, significand: bound),
            width: from)
        let y = try b.truncate(x, by: shift, toWidth: to)
        try b.open(
            y.promised(below: largestMagnitude(width: to)), as: "y", to: [.client])
        return b.finish()
    }
}

@Suite struct TruncationTests {
    /// In a ring failures of "strictly within one unit of the real quotient", which leaves the floor or the ceiling; in a
    /// field of "within the prime's units".
    private func failures(_ x: [Int64], _ y: [Int64], _ truncation: TruncationCase) -> Int {
        let shift = truncation.shift
        let low = (Int64(1) << Int64(shift)) - 1
        let units = truncation.profile.prime.map { Int64($0.truncationError(byPowerOfTwo: shift)) }
        return zip(x, y).count { x, y in
            let floor = x >> Int64(shift)
            let ceiling = x & low == 0 ? floor : floor + 1
            guard let units else { return y != floor && y != ceiling }
            return y < ceiling - units || y > floor + units
        }
    }

    @Test(arguments: TruncationCase.wrapping + TruncationCase.local + TruncationCase.fields)
    func adversarialSharesAndRangeEnds(truncation: TruncationCase) throws {
        var generator = SeededGenerator(UInt64(truncation.from * 64 + truncation.shift))
        let end = truncation.largest
        let ends = [0, 1, -1, end, -end, end - 1, 1 - end, end / 2, -end / 2].map { max(-end, min(end, $0)) }
        for count in [0, 1, 3, 63, 64, 999] {
            let x = (0..<count).map {
                $0 % 3 == 0 ? ends[$0 / 3 % ends.count] : Int64.random(in: -end...end, using: &generator)
            }
            let program = try truncation.program(count: count)
            for shared in [
                SharedTensor.adversarial(x, width: truncation.from, using: &generator),
                .held(x, byServer: true), .held(x, byServer: false),
            ] {
                let run = try ProgramRunner(program, shared: ["x": shared], seed: UInt64(count))
                #expect(failures(x, run.opened("y"), truncation) == 0)
                #expect(run.reference("y") == x.map { $0 >> Int64(truncation.shift) })
                #expect(run.plaintext.violations.isEmpty)
                #expect(run.costIsExact)
                let bytes = truncation.isLocal ? 0 : (count + 7) / 8
                #expect(run.declared.instructions[1].bytesSent == [bytes, bytes])
                #expect(run.declared.instructions[1].rounds == (bytes > 0 ? 1 : 0))
            }
        }
    }

    /// 10^7 values of each kind on uniform shares: not one failure, and no bias.
    @Test(arguments: [
        TruncationCase(16, 64, 64), TruncationCase(30, 64, 40), TruncationCase(12, 33, 64), TruncationCase(7, 18, 30),
        TruncationCase(16, 64, 48), TruncationCase(5, 17, 12), TruncationCase(30, 62, 32), TruncationCase(40, 63, 10),
        TruncationCase(16, in: .field),
    ])
    func tenMillionValues(truncation: TruncationCase) throws {
        var generator = SeededGenerator(UInt64(truncation.from))
        let count = 1 << 18
        // A field is slower, and a million find as much.
        let runs = truncation.profile.prime == nil ? 10 : 4
        let end = truncation.largest
        let program = try truncation.program(count: count)
        var failed = 0
        var error = 0.0
        for run in 0..<runs {
            // A sixteenth at the very ends of the range and around zero.
            let x = (0..<count).map { index -> Int64 in
                guard index & 15 == 0 else { return Int64.random(in: -end...end, using: &generator) }
                let near = min(end, Int64(index >> 6))
                return [end - near, near - end, near, -near][index >> 4 & 3]
            }
            let outcome = try ProgramRunner(
                program, shared: ["x": .uniform(x, width: truncation.from, using: &generator)], seed: UInt64(run))
            let y = outcome.opened("y")
            #expect(y.count == count)
            failed += failures(x, y, truncation)
            let unit = Double(sign: .plus, exponent: truncation.shift, significand: 1)
            for (x, y) in zip(x, y) { error += Double(y &<< Int64(truncation.shift) &- x) / unit }
        }
        #expect(failed == 0)
        // Each error has variance at most 1/4.
        let total = Double(count * runs)
        #expect(abs(error / total) < 5 * 0.5 / total.squareRoot())
    }

    @Test(arguments: [(2, 17), (5, 64), (30, 31), (33, 47), (63, 64)])
    func extensionIsExact(from: Int, to: Int) throws {
        var generator = SeededGenerator(UInt64(from))
        let end = (Int64(1) << Int64(from - 2)) - 1
        let x = [end, -end, 0] + (0..<777).map { _ in Int64.random(in: -end...end, using: &generator) }
        let b = ProgramBuilder()
        let s = b.sharedInput(
            "x", shape: [x.count], scale: 0, bound: Double(end).nextDown, width: from)
        try b.open(try b.resized(s, toWidth: to), as: "y", to: [.server])
        let run = try ProgramRunner(b.finish(), shared: ["x": .adversarial(x, width: from, using: &generator)])
        #expect(run.opened("y") == x)
        #expect(run.costIsExact)
    }

    /// Beyond the range the documented error: a multiple of `2^(from - shift)`.
    @Test(arguments: TruncationCase.wrapping)
    func beyondTheRange(truncation: TruncationCase) throws {
        var generator = SeededGenerator(9)
        let x = (0..<500).map { _ in reduced(Int64(bitPattern: generator.next()), width: truncation.from) }
        let run = try ProgramRunner(
            try truncation.program(count: x.count),
            shared: ["x": .adversarial(x, width: truncation.from, using: &generator)])
        let modulus = min(truncation.to, truncation.from - truncation.shift)
        for (x, y) in zip(x, run.opened("y")) {
            let difference = reduced(y &- (x >> Int64(truncation.shift)), width: 64)
            #expect([0, 1].contains(UInt64(bitPattern: difference) & ((1 << UInt64(modulus)) - 1)))
        }
        #expect(x.contains { $0.magnitude >= 1 << UInt64(truncation.from - 2) })
        #expect(run.plaintext.violations.map(\.path) == ["truncate"])
    }

    @Test func rescalingIsFreeWhereTheNarrowerRingHoldsTheResult() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [9], scale: 32, bound: 100)
        let free = try b.rescale(x, to: 16)
        #expect(free.width == 48)
        #expect(free.scale == 16)
        let paid = try b.rescale(x, to: 16, minimumWidth: 60)
        #expect(paid.width == 60)
        let cost = CostInterpreter().run(b.finish())
        #expect(cost.instructions.map(\.bytesSent) == [[0, 0], [0, 0], [2, 2]])
        #expect(cost.instructions[2].dealerBytes == [WireSize.bytes(count: 9, width: 12), 0])
    }

    @Test func rescalingInAFieldCostsARound() throws {
        let b = ProgramBuilder(profile: .field)
        let x = b.input("x", owner: .server, shape: [9], scale: 32, bound: 100)
        let y = try b.rescale(x, to: 16)
        #expect(y.width == 127)
        #expect(try b.resized(y, toWidth: 40) == y)
        #expect(y.narrowed(to: 40) == y)
        let cost = CostInterpreter().run(b.finish())
        #expect(cost.instructions.map(\.bytesSent) == [[0, 0], [2, 2]])
        #expect(cost.instructions[1].dealerBytes == [WireSize.bytes(count: 9, width: 127), 0])
    }

    @Test(arguments: DomainProfile.fields)
    func tooLargeBoundsAreRefusedInAField(profile: DomainProfile) throws {
        let b = ProgramBuilder(profile: profile)
        let x = b.input("x", owner: .server, shape: [2], scale: 0, bound: 0x1p63)
        #expect(throws: ProgramError.headroom(path: "layer/truncate", needed: 67, available: 66)) {
            try b.scope("layer") { try b.truncate(x, by: 4, toWidth: 9) }
        }
        let bits = profile.maximumWidth
        #expect(throws: ProgramError.headroom(path: "truncate", needed: bits + 1, available: bits)) {
            try b.truncate(x.promised(below: 1), by: bits - 2, toWidth: 9)
        }
    }

    @Test func tooLargeBoundsAreRefused() throws {
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [2], scale: 4, bound: 15.9, width: 9)
        #expect(throws: ProgramError.headroom(path: "layer/truncate", needed: 10, available: 9)) {
            try b.scope("layer") { try b.truncate(x, by: 4, toWidth: 9) }
        }
        #expect(try b.truncate(x, by: 4, toWidth: 5).width == 5)
        #expect(throws: ProgramError.headroom(path: "extend", needed: 65, available: 64)) {
            try b.truncate(x.promised(below: 1), by: 0, toWidth: 65)
        }
    }
}

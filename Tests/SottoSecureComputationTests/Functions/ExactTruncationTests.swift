import SottoSecureComputation
import TestSupport
import Testing

@Suite struct ExactTruncationTests {
    /// `floor(x / 2^shift)` of a shared value of `width` bits, opened to the client.
    private func program(
        count: Int, shift: Int, width: Int, target: Target, minimumWidth: Int = 0
    ) throws -> Program {
        let b = ProgramBuilder(target: target)
        // Two bits are kept free for a truncation within the ring.
        let bound = Double(sign: .plus, exponent: width - 2 - shift, significand: 1) - 1
        let x = b.sharedInput("x", shape: [count], scale: shift, bound: bound, width: width)
        try b.open(try b.exactlyRescaled(x, to: 0, minimumWidth: minimumWidth), as: "y", to: [.client])
        return b.finish()
    }

    private func values(_ count: Int, below limit: Int64, shift: Int, _ generator: inout SeededGenerator) -> [Int64] {
        let unit = Int64(1) << Int64(shift)
        let ends = [0, 1, -1, unit, -unit, unit - 1, 1 - unit, unit + 1, -unit - 1, limit, -limit].map {
            max(-limit, min(limit, $0))
        }
        return (0..<count).map {
            $0 < ends.count ? ends[$0] : Int64.random(in: -limit...limit, using: &generator)
        }
    }

    @Test(arguments: Target.all, [1, 5, 16])
    func isTheFloorWhateverTheShares(target: Target, shift: Int) throws {
        var generator = SeededGenerator(UInt64(shift))
        let width = 46
        let limit = (Int64(1) << Int64(width - 2)) - (Int64(1) << Int64(shift))
        for minimumWidth in [0, 46] {
            let program = try program(
                count: 997, shift: shift, width: width, target: target, minimumWidth: minimumWidth)
            let x = values(997, below: limit, shift: shift, &generator)
            for seed in 0..<3 {
                for shared in [
                    SharedTensor.adversarial(x, width: width, using: &generator),
                    .uniform(x, width: width, using: &generator), .held(x, byServer: seed == 0),
                ] {
                    let run = try ProgramRunner(program, shared: ["x": shared], seed: UInt64(seed))
                    #expect(run.opened("y") == x.map { $0 >> Int64(shift) })
                    #expect(run.reference("y") == run.opened("y"))
                    #expect(run.plaintext.violations.isEmpty)
                    #expect(run.costIsExact)
                }
            }
        }
    }

    /// Every value of a small ring under every sharing.
    @Test func everyValueAndEveryShareOfASmallRing() throws {
        let (shift, width) = (3, 8)
        let size = Int64(1) << Int64(width)
        let limit = (Int64(1) << Int64(width - 2)) - (Int64(1) << Int64(shift))
        let cases = (-limit...limit).flatMap { x in (0..<size).map { (x: x, share: $0) } }
        let shared = SharedTensor(
            values: cases.map(\.x), server: cases.map { ($0.x - $0.share) & (size - 1) }, client: cases.map(\.share))
        for minimumWidth in [0, 8] {
            let run = try ProgramRunner(
                try program(
                    count: cases.count, shift: shift, width: width, target: .standard, minimumWidth: minimumWidth),
                shared: ["x": shared])
            #expect(run.opened("y") == cases.map { $0.x >> 3 })
        }
    }

    /// An ordinary truncation is one unit above the floor for some shares, and that is what the exact one takes away.
    @Test func theOrdinaryTruncationDependsOnTheShares() throws {
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [1000], scale: 16, bound: 1000, width: 46)
        try b.open(try b.rescale(x, to: 0), as: "y", to: [.client])
        var generator = SeededGenerator(4)
        let values = [Int64](repeating: 12345, count: 1000)
        let run = try ProgramRunner(
            b.finish(), shared: ["x": .uniform(values, width: 46, using: &generator)])
        #expect(Set(run.opened("y")) == [0, 1])
    }

    @Test func nothingIsDoneWhereNothingIsDropped() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [3], scale: 8, bound: 5)
        let y = try b.exactlyRescaled(x, to: 8)
        #expect(b.finish().instructionCount == 1 && y.scale == 8)
    }
}

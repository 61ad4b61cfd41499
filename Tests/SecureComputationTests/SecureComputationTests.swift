import Algebra
import SecureComputation
import TestSupport
import Testing

@Suite struct PrimitiveSmokeTests {
    @Test func truncationCompareSelectMultiply() throws {
        var generator = SeededGenerator(7)
        let n = 1000
        let x = (0..<n).map { _ in Int64.random(in: -(1 << 28)...(1 << 28), using: &generator) }
        let y = (0..<n).map { _ in Int64.random(in: -(1 << 28)...(1 << 28), using: &generator) }
        let b = ProgramBuilder()
        let p = b.input("x", owner: .server, shape: [n], scale: 16, bound: 4096)
        let q = b.input("y", owner: .client, shape: [n], scale: 16, bound: 4096)
        let sum = try b.add(p, q)
        let product = try b.multiply(p, q)
        let (short, bits) = try b.parallel(
            { try b.rescale(product, to: 16, minimumWidth: 64) }, { try b.compare(sum.narrowed(to: 32), thresholds: [0]) })
        let relu = try b.select(bits, sum)
        try b.open(short, as: "product", to: [.client])
        try b.open(relu, as: "relu", to: [.client])
        let program = b.finish()
        let run = try ProgramRunner(program, server: ["x": x], client: ["y": y])
        for (got, expected) in zip(run.opened("product"), run.plaintext.opened["product"]!) {
            #expect(abs(got - expected) <= 1)
        }
        #expect(run.opened("relu") == zip(x, y).map { max(0, $0 + $1) })
        let declared = CostInterpreter().run(program)
        #expect(declared.trace.events == run.outcome.trace.events)
        print(declared.rounds, declared.onlineBytes, declared.dealerBytes)
    }
}

import Algebra
import SecureComputation
import TestSupport
import Testing

@Suite struct PlaintextInterpreterTests {
    @Test func tracesEveryInstructionWithItsPath() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [2], scale: 4, bound: 100)
        let y = try b.scope("layer.0") { try b.scope("ffn") { try b.add(x, x) } }
        try b.open(try b.truncate(y, by: 4, toWidth: 60), as: "y", to: [.client])
        var seen: [(String, [Int64])] = []
        let state = try PlaintextInterpreter().run(b.finish(), tensors: TensorDictionary(["x": [40, -40]])) {
            seen.append(($0, $1))
        }
        #expect(seen.map(\.0) == ["input", "layer.0/ffn/combine", "truncate"])
        #expect(seen.map(\.1) == [[40, -40], [80, -80], [5, -5]])
        #expect(state.opened == ["y": [5, -5]])
    }

    @Test func violationsNamePathMagnitudeAndBits() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [3], scale: 0, bound: 100).narrowed(to: 9)
        try b.scope("a") {
            _ = try b.truncate(x, by: 1, toWidth: 9)
            _ = try b.compare(x, thresholds: [0, 20])
            _ = try b.openMasked(x)
        }
        let program = b.finish()
        func violations(_ values: [Int64]) throws -> [RangeViolation] {
            try PlaintextInterpreter().run(program, tensors: TensorDictionary(["x": values])).violations
        }
        #expect(try violations([100, -100, 0]).isEmpty)
        #expect(try violations([127, -107, 0]).isEmpty)
        let truncation = try violations([128, -1, 0])
        #expect(truncation.map(\.path) == ["a/truncate", "a/compare"])
        #expect(truncation.map(\.magnitude) == [128, 128])
        #expect(truncation.map(\.bits) == [7, 7])
        // Below the lowest threshold by more than the comparison's ring holds.
        #expect(try violations([-110, 0, 0]).map(\.path) == ["a/compare"])
        #expect(try violations([0, -300, 0]).map(\.path) == ["a/truncate", "a/compare", "a/compare", "a/open-masked"])
    }
}

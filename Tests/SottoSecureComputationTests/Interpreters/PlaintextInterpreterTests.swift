import SottoAlgebra
import SottoSecureComputation
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

    /// Two declared bounds, on a sum and on a rearranged product.
    private func declaredProgram(_ profile: DomainProfile = .ring64) throws -> Program {
        let b = ProgramBuilder(profile: profile)
        let x = b.input("x", owner: .client, shape: [2], scale: 4, bound: 1000)
        let sum = b.declared(try b.scope("a") { try b.add(x, x) }, below: 100, as: "sum")
        let product = try b.scope("b") { try b.multiply(sum, sum, bound: 50) }
        let turned = try b.map(product, .permute(shape: [1, 2], order: [1, 0]), shape: [2, 1])
        try b.open(b.declared(turned, below: 50, as: "product"), as: "y", to: [.client])
        return b.finish()
    }

    @Test(arguments: DomainProfile.both)
    func theDeclaredBoundThatIsNearestOrFarthestBeyondIsFound(profile: DomainProfile) throws {
        let program = try declaredProgram(profile)
        func range(_ x: [Int64]) throws -> (RangeFinding?, [String: RangeFinding]) {
            let state = try PlaintextInterpreter().run(program, tensors: TensorDictionary(["x": x]))
            return (state.range, state.declaredFindings)
        }
        // 2 · 48/16 = 6 of 100, 36 of 50: the product is nearer.
        let (within, all) = try range([-48, 16])
        #expect(within == all["product"] && within?.isWithin == true)
        #expect(within?.path == "b/multiply" && within?.magnitude == 36 && within?.bound == 50)
        #expect(all["sum"]?.path == "a/combine" && all["sum"]?.magnitude == 6)
        // Exactly at the bound is within; one unit beyond is not.
        #expect(try range([-800, 0]).1["sum"]?.isWithin == true)
        #expect(try range([-801, 0]).1["sum"]?.isWithin == false)
        let (beyond, _) = try range([-801, 0])
        #expect(beyond?.isWithin == false && beyond?.name == "product")
    }

    @Test func aProgramWithoutDeclaredBoundsHasNoRange() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [1], scale: 0, bound: 100)
        try b.open(try b.truncate(x.narrowed(to: 9), by: 1, toWidth: 9), as: "y", to: [.client])
        let program = b.finish()
        #expect(try PlaintextInterpreter().run(program, tensors: TensorDictionary(["x": [100]])).range == nil)
        // But one that leaves its ring is never passed over.
        let beyond = try PlaintextInterpreter().run(program, tensors: TensorDictionary(["x": [128]])).range
        #expect(beyond?.isWithin == false && beyond?.path == "truncate" && beyond?.magnitude == 128)
    }

    /// 64 bits hold 2^32·2^32 as nothing: the product is found out of range all the same, in every shape.
    @Test(arguments: [
        ProductShape.elementwise(count: 4), .rowDots(rows: 2, columns: 2), .matrix(batch: 1, m: 2, k: 2, n: 2),
    ])
    func productsThat64BitsCannotHoldAreFound(shape: ProductShape) throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [4], scale: 0, bound: 1)
        let masked = try b.openMasked([x, x])
        let y = try b.multiply(masked[0], masked[1], shape: shape, outputShape: [shape.outputCount], bound: 1)
        try b.open(b.declared(y, below: 1, as: "y"), as: "y", to: [.client])
        let program = b.finish()
        func range(_ x: Int64) throws -> RangeFinding? {
            try PlaintextInterpreter().run(program, tensors: TensorDictionary(["x": [x, 0, 0, 0]])).range
        }
        #expect(try range(1)?.isWithin == true)
        let finding = try range(1 << 32)
        #expect(finding?.isWithin == false && finding?.path == "multiply" && finding?.magnitude == 0x1p64)
    }
}

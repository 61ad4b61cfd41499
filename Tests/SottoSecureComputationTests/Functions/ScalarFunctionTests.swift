import Foundation
import SottoApproximation
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct ScalarFunctionTests {
    /// A dense grid around zero, coarser to the ends of the range, and every knot with its neighbours.
    private func grid(_ function: PiecewisePolynomial, end: Double) -> [Int64] {
        let unit = 65536.0
        let dense = (0..<40000).map { Int64((Double($0) - 20000) * 0.0005 * unit) + Int64($0 % 3) - 1 }
        let coarse = (0...4000).map { Int64((Double($0) / 2000 - 1) * end * unit) }
        let knots = function.knots.flatMap { knot -> [Int64] in
            let x = Int64(Double(knot) / Double(sign: .plus, exponent: function.comparisonScale, significand: 1) * unit)
            return (-3...3).map { x + $0 } + [x - 2048, x + 2047]
        }
        return dense + coarse + knots + [0, 1, -1]
    }

    private func worst(
        _ function: PiecewisePolynomial, end: Double, _ target: Target = .standard, _ exact: (Double) -> Double
    ) throws -> Double {
        let x = grid(function, end: end).filter { Double($0) / 65536 <= function.inputRange.upperBound }
        let b = ProgramBuilder(target: target)
        let s = b.sharedInput("x", shape: [x.count], scale: 16, bound: end, width: 30)
        // By its polynomials, and in the cheapest way.
        try b.open(try b.rescale(try b.evaluate(function, at: s), to: 16, minimumWidth: 46), as: "y", to: [.client])
        let cheapest =
            function.name == "exponential"
            ? try b.exponential(s, scale: 16, minimumWidth: 46)
            : try b.evaluate(function, at: s, scale: 16, minimumWidth: 46)
        try b.open(cheapest, as: "z", to: [.client])
        var generator = SeededGenerator(6)
        let run = try ProgramRunner(b.finish(), shared: ["x": .uniform(x, width: 30, using: &generator)])
        #expect(run.costIsExact)
        #expect(run.plaintext.violations.isEmpty)
        var worst = 0.0
        for (index, x) in x.enumerated() {
            let value = exact(Double(x) / 65536)
            for y in ["y", "z"].flatMap({ [run.opened($0)[index], run.reference($0)[index]] }) {
                worst = max(worst, abs(Double(y) / 65536 - value))
            }
        }
        return worst
    }

    @Test(arguments: Target.both) func gelu(target: Target) throws {
        #expect(try worst(BuiltInFunctions.gelu, end: 4095, target, ExactFunctions.gelu) < 1e-3)
    }

    @Test(arguments: Target.both) func geluNew(target: Target) throws {
        #expect(try worst(BuiltInFunctions.geluNew, end: 4095, target, ExactFunctions.geluNew) < 1e-3)
    }

    @Test(arguments: Target.both) func silu(target: Target) throws {
        #expect(try worst(BuiltInFunctions.silu, end: 4095, target, ExactFunctions.silu) < 1e-3)
    }

    @Test(arguments: [Target.standard, .oddField, .fssWithDealer]) func exponential(target: Target) throws {
        #expect(try worst(BuiltInFunctions.exponential, end: 4095, target) { exp($0) } < 3e-4)
    }

    @Test(arguments: Target.all) func reluIsExact(target: Target) throws {
        var generator = SeededGenerator(7)
        let x = generator.integers(5000, bits: 27) + [4095 << 16, -4095 << 16]
        for width in [30, 64] {
            let b = ProgramBuilder(target: target)
            let s = b.sharedInput("x", shape: [x.count], scale: 16, bound: 4095, width: width)
            try b.open(try b.relu(s), as: "y", to: [.client])
            let run = try ProgramRunner(b.finish(), shared: ["x": .adversarial(x, width: width, using: &generator)])
            #expect(run.opened("y") == x.map { max(0, $0) })
            #expect(run.costIsExact)
        }
    }

    /// Input scales below, at and above the ones of the specification, and the documented rounds.
    @Test(arguments: [(10, 0.002), (13, 4e-4), (16, 4e-4), (24, 4e-4)])
    func inputScales(scale: Int, tolerance: Double) throws {
        let unit = Double(sign: .plus, exponent: scale, significand: 1)
        let x = (-300...300).map { Int64(Double($0) / 30 * unit) }
        let b = ProgramBuilder()
        let s = b.input("x", owner: .client, shape: [x.count], scale: scale, bound: 16)
        guard scale >= BuiltInFunctions.gelu.inputScale else {
            // Fewer fraction bits than the polynomial reads: the caller refines first.
            let refined = try b.refined(s, toScale: 16)
            try b.open(
                try b.rescale(try b.evaluate(BuiltInFunctions.gelu, at: refined), to: 16), as: "y", to: [.client])
            let run = try ProgramRunner(b.finish(), client: ["x": x])
            for (x, y) in zip(x, run.opened("y")) {
                let value = Double(x) / unit
                #expect(abs(Double(y) / 65536 - ExactFunctions.gelu(value)) < tolerance)
            }
            return
        }
        try b.open(try b.rescale(try b.evaluate(BuiltInFunctions.gelu, at: s), to: 16), as: "y", to: [.client])
        let run = try ProgramRunner(b.finish(), client: ["x": x])
        for (x, y) in zip(x, run.opened("y")) {
            let value = Double(x) / unit
            #expect(abs(Double(y) / 65536 - ExactFunctions.gelu(value)) < tolerance)
        }
        #expect(run.costIsExact)
    }

    /// Beyond its input range a function goes on as its tails say, where it has any and the scales hold the result.
    @Test(arguments: Target.both)
    func tailsReachAsFarAsTheInputsBound(target: Target) throws {
        let b = ProgramBuilder(target: target)
        let bound = 60000.0
        let width = b.width(holding: bound * 65536)
        let s = b.input("x", owner: .client, shape: [5], scale: 16, bound: bound).narrowed(to: width)
        let y = try b.evaluate(BuiltInFunctions.exponential, at: s)
        try b.open(try b.rescale(y, to: 16), as: "y", to: [.client])
        let x: [Int64] = [-60000 << 16, -8193 << 16, -30 << 16, -1 << 16, 0]
        let run = try ProgramRunner(b.finish(), client: ["x": x])
        let expected: [Double] = [0, 0, 0, 0.36787944117144233, 1]
        for (found, expected) in zip(run.opened("y"), expected) {
            #expect(abs(Double(found) / 65536 - expected) < 3e-4)
        }
        #expect(run.plaintext.violations.isEmpty && run.costIsExact)
    }

    @Test func inputsThatAFunctionIsNotMadeForAreRefusedWhenTheProgramIsBuilt() throws {
        let b = ProgramBuilder()
        func evaluate(_ function: PiecewisePolynomial, bound: Double) throws {
            let x = b.input("x", owner: .client, shape: [1], scale: 16, bound: bound)
            _ = try b.scope("layer.3") { try b.evaluate(function, at: x) }
        }
        // GELU's result at 49 fraction bits has no room beyond; the reciprocal has no tails.
        #expect(throws: ProgramError.beyondFunction(path: "layer.3/gelu", bound: 16383, limit: 8191)) {
            try evaluate(BuiltInFunctions.gelu, bound: 16383)
        }
        #expect(throws: ProgramError.self) { try evaluate(BuiltInFunctions.reciprocal, bound: 3) }
        try evaluate(BuiltInFunctions.gelu, bound: 8191)
        try evaluate(BuiltInFunctions.exponential, bound: 1e6)
    }

    @Test func inputsBeyondTheBoundAreReported() throws {
        let b = ProgramBuilder()
        let s = b.input("x", owner: .client, shape: [2], scale: 16, bound: 4095).narrowed(to: 30)
        _ = try b.scope("gelu") { try b.evaluate(BuiltInFunctions.gelu, at: s) }
        let state = try PlaintextInterpreter().run(
            b.finish(), tensors: TensorDictionary(["x": [0, 20000 << 16]]))
        #expect(state.violations.contains { $0.path == "gelu/compare" })
    }
}

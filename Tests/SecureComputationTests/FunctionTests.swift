import Algebra
import Foundation
import SecureComputation
import TestSupport
import Testing

private func decode(_ values: [Int64], scale: Int) -> [Double] { values.map { Double($0) / Double(1 << scale) } }

@Suite struct SoftmaxTests {
    @Test func causal() throws {
        var generator = SeededGenerator(3)
        for (groups, past, new, spread) in [(2, 0, 33, 3.0), (1, 5, 20, 30.0), (1, 0, 1, 1.0), (1, 0, 128, 0.1)] {
            let rows = CausalTriangle(groups: groups, past: past, new: new).segments
            let x = (0..<rows.elementCount).map { _ in
                Int64(Double.random(in: -spread...spread, using: &generator) * 65536)
            }
            let b = ProgramBuilder()
            let s = b.input("x", owner: .server, shape: [x.count], scale: 16, bound: 4095).narrowed(to: 31)
            try b.open(try b.softmax(s, rows: rows, scale: 16), as: "p", to: [.client])
            let program = b.finish()
            let run = try ProgramRunner(program, server: ["x": x])
            let got = decode(run.opened("p"), scale: 16)
            var start = 0
            var worst = 0.0
            for _ in 0..<rows.groups {
                for length in rows.lengths {
                    let row = x[start..<(start + length)].map { Double($0) / 65536 }
                    let top = row.max()!
                    let e = row.map { exp($0 - top) }
                    let sum = e.reduce(0, +)
                    for i in 0..<length { worst = max(worst, abs(got[start + i] - e[i] / sum)) }
                    start += length
                }
            }
            #expect(worst < 1e-3)
            #expect(run.plaintext.violations.isEmpty)
            let declared = CostInterpreter().run(program)
            #expect(declared.trace.events == run.outcome.trace.events)
            print("softmax", rows.elementCount, worst, declared.rounds, declared.onlineBytes, declared.dealerBytes)
        }
    }
}

@Suite struct LayerNormTests {
    @Test func range() throws {
        var generator = SeededGenerator(4)
        for (rows, columns, deviation, mean) in [
            (3, 768, 1.0, 0.0), (2, 768, 0.01, 5), (2, 768, 1000, 0), (2, 8192, 0.01, -3), (1, 8192, 1000, 10),
            (4, 1, 1, 0), (4, 2, 0.01, 1), (4, 2, 1000, 0), (3, 33, 3, 100),
        ] {
            let x = (0..<(rows * columns)).map { _ in
                Int64((Double.random(in: -1.7...1.7, using: &generator) * deviation + mean) * 65536)
            }
            let b = ProgramBuilder()
            let s = b.input("x", owner: .server, shape: [rows, columns], scale: 16, bound: 4095).narrowed(to: 30)
            try b.open(
                try b.layerNorm(s, rows: rows, columns: columns, epsilon: 1e-5, scale: 16), as: "y", to: [.client])
            let program = b.finish()
            let run = try ProgramRunner(program, server: ["x": x])
            let got = decode(run.opened("y"), scale: 16)
            var worst = 0.0
            for row in 0..<rows {
                let r = x[(row * columns)..<((row + 1) * columns)].map { Double($0) / 65536 }
                let mean = r.reduce(0, +) / Double(columns)
                let variance = r.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
                for i in 0..<columns {
                    let y = (r[i] - mean) / (variance + 1e-5).squareRoot()
                    worst = max(worst, abs(got[row * columns + i] - y) / (1 + abs(y)))
                }
            }
            #expect(worst < 2e-3, "\(rows) x \(columns), deviation \(deviation)")
            #expect(run.plaintext.violations.isEmpty)
            let declared = CostInterpreter().run(program)
            #expect(declared.trace.events == run.outcome.trace.events)
            print("layernorm", rows, columns, deviation, worst, declared.rounds, declared.onlineBytes)
        }
    }
}

@Suite struct ActivationTests {
    @Test func geluAndReLU() throws {
        let x = (0..<20000).map { Int64($0 - 10000) * 40 } + [0, 1, -1, 4095 << 16, -4095 << 16]
        let b = ProgramBuilder()
        let s = b.input("x", owner: .client, shape: [x.count], scale: 16, bound: 4095).narrowed(to: 30)
        let y = try b.scope("gelu") { try b.evaluate(BuiltInFunctions.geluNew, at: s) }
        try b.open(try b.rescale(y, to: 16, minimumWidth: 46), as: "gelu", to: [.client])
        try b.open(try b.relu(s), as: "relu", to: [.client])
        let program = b.finish()
        let run = try ProgramRunner(program, client: ["x": x])
        #expect(run.opened("relu") == x.map { max(0, $0) })
        let got = decode(run.opened("gelu"), scale: 16)
        var worst = 0.0
        for (g, x) in zip(got, x.map { Double($0) / 65536 }) {
            worst = max(worst, abs(g - 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))))
        }
        #expect(worst < 1e-3)
        let declared = CostInterpreter().run(program)
        #expect(declared.trace.events == run.outcome.trace.events)
        print("gelu", worst, declared.rounds, declared.onlineBytes.map { Double($0) / Double(x.count) }, declared.dealerBytes.map { Double($0) / Double(x.count) })
    }
}

import Foundation
import SecureComputation
import TestSupport
import Testing
import Transformer

@Suite struct SecureForwardTests {
    @Test func cost() throws {
        for name in ["SM+LN+G", "SM+LN+R", "SM+ScFuFFN", "SM(t)+ScFuFFN"] {
            let a = try Architecture.preset(named: "gpt2").withNotation(.init(name)).firstLayers(1)
            let program = try ForwardPass(architecture: a, new: 128, output: .blocks).program()
            let cost = CostInterpreter().run(program)
            print(name, cost.rounds, cost.onlineBytes, cost.onlineBytes.reduce(0, +), cost.dealerBytes, cost.setup.bytes)
            if name == "SM+LN+G" {
                var by: [(String, Int, Int, Int)] = []
                for i in cost.instructions {
                    let key = i.path.split(separator: "/").prefix(3).joined(separator: "/")
                    if by.last?.0 != key { by.append((key, 0, 0, 0)) }
                    by[by.count - 1].1 += i.bytesSent.reduce(0, +)
                    by[by.count - 1].2 += i.rounds
                    by[by.count - 1].3 += i.dealerBytes.reduce(0, +)
                }
                for b in by { print(b) }
            }
        }
    }
}

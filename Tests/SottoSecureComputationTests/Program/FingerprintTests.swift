import SottoAlgebra
import SottoSecureComputation
import Testing

@Suite struct FingerprintTests {
    /// What a program is made of; each field changes one thing.
    private struct Recipe {
        var name = "x"
        var owner = Party.client
        var scale = 8
        var bound = 4.0
        var count = 6
        var thresholds: [Int64] = [0, 5]
        var rows: [[Int64]] = [[0, 1], [2, 1], [3, 1]]
        var width = 40
        var shift = 3
        var scope = "layer"
        var isParallel = true
        var isNested = false
        var weight = "w"
        var weightWidth = 64
        var output = "y"
        var receivers = [Party.client]
        var constant: Int64 = 7
        var map = LinearMap.permute(shape: [2, 3], order: [1, 0])
        var declaredBound = 3.0
        var boundName = "b"

        func fingerprint() throws -> String {
            let b = ProgramBuilder()
            let x = b.input(name, owner: owner, shape: [count], scale: scale, bound: bound)
            func compare() throws -> SecretBits { try b.scope(scope) { try b.compare(x, thresholds: thresholds) } }
            func multiply() throws -> Secret {
                try b.multiply(
                    b.maskForServer(x),
                    server: ServerTensor(name: weight, shape: [count], scale: 2, width: weightWidth),
                    shape: .elementwise(count: count), outputShape: [count], bound: 100)
            }
            func truncate() throws -> Secret { try b.truncate(x, by: shift, toWidth: width + 24) }
            let bits: SecretBits
            if isNested {
                bits = try b.parallel({ try b.parallel({ try compare() }, { try multiply() }).0 }, { try truncate() }).0
            } else if isParallel {
                bits = try b.parallel({ try compare() }, { try multiply() }, { try truncate() }).0
            } else {
                bits = try compare()
                _ = try multiply()
                _ = try truncate()
            }
            let y = try b.select(bits, SelectionTable(rows: rows), of: x, scale: scale, magnitude: 1e6)
            let z = b.declared(
                try b.combine([(y, 1)], constant: constant), below: declaredBound * 1e6, as: boundName)
            try b.open(count == 6 ? try b.map(z, map, shape: [6]) : z, as: output, to: receivers)
            return try b.finish().fingerprint()
        }
    }

    @Test func equalProgramsAgree() throws {
        let fingerprint = try Recipe().fingerprint()
        #expect(fingerprint.count == 64)
        #expect(fingerprint.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        for _ in 0..<5 { #expect(try Recipe().fingerprint() == fingerprint) }
    }

    @Test func everyDifferenceShows() throws {
        let changes: [(String, (inout Recipe) -> Void)] = [
            ("name", { $0.name = "x2" }), ("owner", { $0.owner = .server }),
            (
                "scale",
                {
                    $0.scale = 9
                    $0.bound = 2
                }
            ), ("count", { $0.count = 7 }), ("threshold", { $0.thresholds[1] = 6 }),
            (
                "fewer thresholds",
                {
                    $0.thresholds = [0]
                    $0.rows.removeLast()
                }
            ), ("coefficient", { $0.rows[1][0] = 9 }),
            ("degree", { $0.rows = $0.rows.map { $0 + [0] } }), ("width", { $0.width = 39 }),
            ("shift", { $0.shift = 4 }),
            ("scope", { $0.scope = "layer2" }), ("sequence", { $0.isParallel = false }),
            ("nesting", { $0.isNested = true }), ("weight", { $0.weight = "v" }),
            ("output", { $0.output = "z" }),
            ("receivers", { $0.receivers = [.server] }), ("both", { $0.receivers = [.server, .client] }),
            ("bound", { $0.declaredBound = 2 }), ("name of a bound", { $0.boundName = "c" }),
            ("constant", { $0.constant = 8 }), ("map", { $0.map = .permute(shape: [3, 2], order: [1, 0]) }),
        ]
        var seen = [try Recipe().fingerprint(): "none"]
        for (name, change) in changes {
            var recipe = Recipe()
            change(&recipe)
            let fingerprint = try recipe.fingerprint()
            #expect(seen[fingerprint] == nil, "\(name) and \(seen[fingerprint] ?? "")")
            seen[fingerprint] = name
        }
    }

    /// Equal instructions whose results are read at different scales.
    @Test func outputScalesCount() throws {
        func fingerprint(scale: Int, bound: Double) throws -> String {
            let b = ProgramBuilder()
            try b.open(b.input("x", owner: .client, shape: [1], scale: scale, bound: bound), as: "y", to: [.server])
            return try b.finish().fingerprint()
        }
        #expect(try fingerprint(scale: 16, bound: 1) != fingerprint(scale: 15, bound: 2))
    }
}

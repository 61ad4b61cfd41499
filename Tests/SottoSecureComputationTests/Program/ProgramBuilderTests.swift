import SottoAlgebra
import SottoSecureComputation
import Testing

@Suite struct ProgramBuilderTests {
    @Test func pathsFollowScopes() throws {
        let b = ProgramBuilder()
        let x = b.scope("embed") { b.input("x", owner: .client, shape: [4], scale: 16, bound: 4) }
        try b.scope("layer.1") {
            _ = try b.scope("attention") { try b.multiply(x, x) }
            _ = try b.scope("ffn") { try b.scope("gelu") { try b.compare(x, thresholds: [0]) } }
        }
        let program = b.finish()
        #expect(
            program.instructions.map(\.path) == [
                "embed/input", "layer.1/attention/open-masked", "layer.1/attention/multiply",
                "layer.1/ffn/gelu/compare",
            ])
        #expect(program.instructions.map(\.index) == Array(0..<4))
        #expect(program.instructionCount == 4)
    }

    @Test func scopesEndWhereTheirBodyThrows() throws {
        struct Stop: Error {}
        let b = ProgramBuilder()
        #expect(throws: Stop.self) { try b.scope("lost") { throw Stop() } }
        _ = b.input("x", owner: .client, shape: [1], scale: 0, bound: 1)
        #expect(b.finish().instructions.map(\.path) == ["input"])
    }

    @Test func parallelKeepsOnlyBranchesThatDoSomething() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [4], scale: 0, bound: 4)
        let (first, second) = try b.parallel({ try b.add(x, x) }, { x })
        #expect(first.magnitude == 8)
        #expect(second == x)
        _ = try b.parallel({ 1 }, { 2 })
        _ = try b.parallel({ try b.add(x, x) }, { try b.subtract(x, x) })
        let nodes = b.finish().nodes
        #expect(nodes.count == 3)
        guard case .instruction = nodes[1], case .parallel(let branches) = nodes[2] else {
            Issue.record("a lone branch is no parallel block, two are")
            return
        }
        #expect(branches.map(\.count) == [1, 1])
    }

    @Test func boundsGrowWithEveryOperation() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [2, 3], scale: 4, bound: 2)
        #expect(x.magnitude == 32)
        #expect(x.width == 64)
        #expect(x.count == 6)
        #expect(try b.combine([(x, -3), (x, 2)], constant: -5).magnitude == 165)
        #expect(try b.map(x, .segmentSum(Segments(rows: 2, columns: 3)), shape: [2]).magnitude == 96)
        #expect(try b.truncate(x, by: 3, toWidth: 61).magnitude == 5)
        #expect(try b.truncate(x, by: 3, toWidth: 61).scale == 1)
        #expect(try b.multiply(x, x).magnitude == 1024)
        #expect(try b.add(x, serverTensor: "b", shape: [6], bound: 1).magnitude == 48)
        #expect(x.promised(below: 1).magnitude == 16)
        #expect(x.promised(below: 100).magnitude == 32)
        #expect(x.narrowed(to: 10).width == 10)
        #expect(x.narrowed(to: 10).narrowed(to: 20).width == 10)
        #expect(x.reshaped([3, 2]).shape == [3, 2])
        #expect(b.width(holding: 31) == 7)
        #expect(b.width(holding: 32) == 8)
        #expect(b.width(holding: 31.5) == 8)
        #expect(b.width(holding: 0) == 2)
    }

    @Test func misfitsAreNamedWithTheirPath() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [4], scale: 4, bound: 2)
        let y = b.input("y", owner: .client, shape: [5], scale: 4, bound: 2)
        let z = b.input("z", owner: .client, shape: [4], scale: 5, bound: 2)
        func path(_ body: () throws -> Void) -> String? {
            do {
                try b.scope("here", body)
                return nil
            } catch ProgramError.shape(let path, _, _) {
                return path
            } catch {
                return "\(error)"
            }
        }
        #expect(path { _ = try b.add(x, y) } == "here/combine")
        #expect(path { _ = try b.subtract(x, z) } == "here/combine")
        #expect(path { _ = try b.map(x, .segmentSum(Segments(rows: 1, columns: 5)), shape: [1]) } == "here/map")
        #expect(path { _ = try b.map(x, .segmentSum(Segments(rows: 1, columns: 4)), shape: [2]) } == "here/map")
        #expect(path { _ = try b.add(x, serverTensor: "b", shape: [5], bound: 1) } == "here/add")
        #expect(path { _ = try b.maximum(x, rows: Segments(groups: 1, lengths: [3])) } == "here/maximum")
        #expect(path { _ = try b.maximum(x, rows: Segments(groups: 1, lengths: [4, 0])) } == "here/maximum")
        #expect(path { _ = try b.multiply(x, y) } == "here/multiply")
    }

    /// Maps that would read memory that is not there.
    @Test(
        arguments: [
            .slice(shape: [4], axis: 0, range: 2..<6), .slice(shape: [4], axis: 1, range: 0..<4),
            .slice(shape: [2, 2], axis: 1, range: -1..<1), .permute(shape: [2, 2], order: [0, 0]),
            .permute(shape: [2, 2], order: [1, 2]), .permute(shape: [2, 2], order: [0]),
            .segmentSum(Segments(groups: -1, lengths: [-4])),
            .segmentBroadcast(Segments(groups: -1, lengths: [-1, -1, -2, 0])),
        ] as [LinearMap])
    func mapsBeyondTheirInput(map: LinearMap) throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [4], scale: 0, bound: 2)
        #expect(!map.isWellFormed)
        #expect(throws: ProgramError.self) { try b.map(x, map, shape: [map.outputCount]) }
        #expect(throws: ProgramError.self) { try b.map(try b.openMasked(x), map, shape: [map.outputCount]) }
        #expect(throws: ProgramError.self) { try b.add(x, serverTensor: "b", shape: [4], maps: [map], bound: 1) }
    }

    @Test func chainsOfMapsMustFit() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [4], scale: 0, bound: 2)
        let broadcast = LinearMap.segmentBroadcast(Segments(rows: 2, columns: 2))
        #expect(throws: ProgramError.self) { try b.add(x, serverTensor: "b", shape: [3], maps: [broadcast], bound: 1) }
        #expect(throws: ProgramError.self) {
            try b.add(
                x, serverTensor: "b", shape: [5], maps: [.slice(shape: [5], axis: 0, range: 0..<3), broadcast], bound: 1
            )
        }
        _ = try b.add(
            x, serverTensor: "b", shape: [5], maps: [.slice(shape: [5], axis: 0, range: 0..<2), broadcast], bound: 1)
    }

    @Test func headroomIsNamedWithItsPath() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [4], scale: 16, bound: 0x1p20)
        #expect(throws: ProgramError.headroom(path: "ffn/multiply", needed: 74, available: 64)) {
            try b.scope("ffn") { try b.multiply(x, x) }
        }
        #expect(try b.multiply(x, x, bound: 0x1p30).magnitude == 0x1p62)
        for error in [
            ProgramError.headroom(path: "p", needed: 3, available: 2), .shape(path: "p", expected: "a", got: "b"),
            .unsupported(path: "p", reason: "r"),
        ] { #expect(error.description.hasPrefix("p") && error.description.hasSuffix(".")) }
    }
}

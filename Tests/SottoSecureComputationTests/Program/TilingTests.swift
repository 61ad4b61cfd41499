import SottoAlgebra
import SottoApproximation
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import TestSupport
import Testing

/// Operations in tiles: the same values, bytes and rounds as in one piece, in pieces of a multiple of 8 elements, with no
/// more under way than the window admits.
@Suite struct TilingTests {
    private static let small = Tiling(elements: 16, linearElements: 40, windowBytes: 4000)

    /// An operation on `count` elements.
    struct Operation: Sendable, CustomTestStringConvertible {
        let name: String
        /// Whether its result is exact.
        let isExact: Bool
        let write: @Sendable (ProgramBuilder, Int) throws -> Secret

        var testDescription: String { name }
    }

    private static func operand(_ b: ProgramBuilder, _ count: Int, _ name: String = "x", bound: Double = 100) -> Secret
    {
        let x = b.sharedInput(name, shape: [count], scale: 8, bound: bound, width: 40)
        return x.promised(below: bound)
    }

    static let operations = [
        Operation(name: "compare and select", isExact: true) { b, n in
            let x = operand(b, n)
            let bits = try b.compare(x, thresholds: [-500, 0, 900])
            return try b.select(
                bits, SelectionTable(rows: [[1, 2], [0, 1], [5, 0], [0, 3]]), of: x, scale: 8, magnitude: 0x1p20)
        },
        Operation(name: "bits to numbers", isExact: true) { b, n in
            try b.arithmetic(try b.compare(operand(b, n), thresholds: [1, 2]), width: 30)
        },
        Operation(name: "sign", isExact: true) { b, n in try b.arithmetic(try b.sign(operand(b, n)), width: 30) },
        Operation(name: "relu", isExact: true) { b, n in try b.relu(operand(b, n)) },
        Operation(name: "scalar function", isExact: false) { b, n in
            try b.evaluate(BuiltInFunctions.gelu, at: operand(b, n))
        },
        Operation(name: "truncation", isExact: false) { b, n in try b.truncate(operand(b, n), by: 4, toWidth: 40) },
        Operation(name: "exact truncation", isExact: true) { b, n in try b.exactlyRescaled(operand(b, n), to: 4) },
        Operation(name: "product", isExact: true) { b, n in
            try b.multiply(operand(b, n), operand(b, n, "y"), bound: 10_000)
        },
        Operation(name: "matrices", isExact: true) { b, n in
            let masked = try b.openMasked([operand(b, 8 * n), operand(b, 24, "y")])
            return try b.multiply(
                masked[0], masked[1], shape: .matrix(batch: 1, m: n, k: 8, n: 3), outputShape: [n, 3], bound: 0x1p18)
        },
        Operation(name: "squares of rows", isExact: true) { b, n in
            let masked = try b.openMasked(operand(b, 4 * n))
            return try b.multiply(
                masked, masked, shape: .rowDots(rows: n, columns: 4), outputShape: [n], bound: 0x1p18)
        },
        Operation(name: "matrix of the server", isExact: true) { b, n in
            let x = operand(b, 8 * n).reshaped([n, 8])
            return try b.multiply(
                try b.maskForServer(x), server: ServerTensor(name: "w", shape: [8, 5], scale: 0, width: 40),
                shape: .matrix(batch: 1, m: n, k: 8, n: 5), outputShape: [n, 5], bound: 0x1p24)
        },
        Operation(name: "elements of the server", isExact: true) { b, n in
            try b.multiply(
                try b.maskForServer(operand(b, n)), server: ServerTensor(name: "v", shape: [n], scale: 0, width: 40),
                shape: .elementwise(count: n), outputShape: [n], bound: 0x1p24)
        },
        Operation(name: "layer norm", isExact: false) { b, n in
            try b.layerNorm(
                operand(b, 5 * n, bound: 30).reshaped([n, 5]), rows: n, columns: 5, epsilon: 1e-5, scale: 8)
        },
        Operation(name: "softmax", isExact: false) { b, n in
            try b.softmax(operand(b, 6 * n, bound: 30), rows: Segments(rows: n, columns: 6), scale: 16)
        },
    ]

    private static func program(
        _ operation: Operation, count: Int, _ profile: DomainProfile, _ tiling: Tiling
    ) throws -> Program {
        let b = ProgramBuilder(profile: profile, tiling: tiling)
        try b.open(try operation.write(b, count), as: "y", to: [.server, .client])
        return b.finish()
    }

    private static func run(_ program: Program, seed: UInt64, inputs count: Int) throws -> ProgramRunner {
        var generator = SeededGenerator(seed)
        var shared: [String: SharedTensor] = [:]
        var server: [String: [Int64]] = [:]
        for input in program.inputs where input.owner == .server {
            server[input.name] = generator.integers(input.shape.reduce(1, *), bits: 8)
        }
        for (name, size) in program.sharedInputs.sorted(by: { $0.key < $1.key }) {
            let values = generator.integers(size, bits: 12)
            shared[name] = .uniform(values, width: program.profile.width(40), using: &generator)
        }
        return try ProgramRunner(program, server: server, shared: shared, seed: seed)
    }

    @Test(arguments: operations, [DomainProfile.ring64, .field])
    func tilesChangeNeitherValuesNorBytesNorRounds(operation: Operation, profile: DomainProfile) throws {
        // Tiles are cut alike over every domain.
        for count in profile == .ring64 ? [1, 8, 15, 16, 17, 24, 33, 80, 83] : [1, 16, 17, 83] {
            let whole = try Self.program(operation, count: count, profile, .none)
            let a = CostInterpreter().run(whole)
            for window in [1, 4000, Int.max] {
                let tiling = Tiling(elements: 16, linearElements: 40, windowBytes: window)
                let tiled = try Self.program(operation, count: count, profile, tiling)
                let b = CostInterpreter().run(tiled)
                #expect(a.onlineBytes == b.onlineBytes, "\(count)")
                #expect(a.dealerBytes == b.dealerBytes, "\(count)")
                #expect(a.rounds == b.rounds, "\(count)")
                if count > 40 { #expect(tiled.instructionCount > whole.instructionCount) }
            }
            let tiled = try Self.program(operation, count: count, profile, Self.small)
            let run = try Self.run(tiled, seed: UInt64(count), inputs: count)
            #expect(run.costIsExact, "\(count)")
            #expect(run.plaintext.violations.isEmpty)
            let reference = try Self.run(whole, seed: UInt64(count), inputs: count)
            #expect(run.reference("y") == reference.reference("y"), "\(count)")
            let units: Int64 = operation.isExact ? 0 : 1 << 14
            #expect(run.opened("y").count == run.reference("y").count)
            #expect(
                zip(run.opened("y"), run.reference("y")).allSatisfy { abs($0 - $1) <= units }, "\(count)")
        }
    }

    @Test func tilesHoldAMultipleOfEightElements() throws {
        for operation in Self.operations {
            let program = try Self.program(operation, count: 83, .ring64, Self.small)
            for instruction in program.instructions {
                for index in instruction.correlations {
                    let bytes = program.plan.correlations[index].products.bytes
                    // A tile of 16 elements, or of 40 of what is linear, or of a row.
                    #expect(bytes < 16_000, "\(operation.name) \(instruction.path)")
                }
            }
        }
    }

    /// With a window that holds one tile the next starts when it is done; with one that holds all, all start at once.
    @Test func theWindowAdmitsTilesInOrder() throws {
        func starts(_ window: Int) throws -> (openings: [Int], sums: [Int]) {
            let b = ProgramBuilder(tiling: Tiling(elements: 16, linearElements: 1 << 20, windowBytes: window))
            _ = try b.relu(Self.operand(b, 64))
            let program = b.finish()
            let steps = LatencyReplay(program).steps(of: .server)
            func places(_ label: String) -> [Int] {
                let wanted = program.instructions.filter { $0.primitive.label == label }.map(\.index)
                return wanted.map { index in steps.firstIndex { $0.instruction == index && $0.kind == .start }! }
            }
            return (places("open-masked"), places("sum-selected"))
        }
        let one = try starts(1)
        #expect(one.openings.count == 4)
        for tile in 1..<4 { #expect(one.sums[tile - 1] < one.openings[tile]) }
        let all = try starts(.max)
        #expect(all.openings.max()! < all.sums.min()!)
        #expect(all.openings == all.openings.sorted())
    }

    /// A window makes a run slower on a network with delays, and rounds do not know of it.
    @Test func theReplayContainsTheWindow() throws {
        func program(_ window: Int) throws -> Program {
            let b = ProgramBuilder(tiling: Tiling(elements: 16, linearElements: 1 << 20, windowBytes: window))
            _ = try b.relu(Self.operand(b, 160))
            return b.finish()
        }
        let (narrow, wide) = (try program(1), try program(.max))
        #expect(CostInterpreter().run(narrow).rounds == CostInterpreter().run(wide).rounds)
        let link = Link(bitsPerSecond: 1e9, delay: 1_000_000)
        let rounds = CostInterpreter().run(wide).rounds
        let times = [narrow, wide].map { LatencyReplay($0).online(on: link).largest / 1_000_000 }
        #expect(times[0] == 10 * rounds && times[1] == rounds)
    }

    /// The dealer's stream is in the order in which the server takes correlations, so that none waits at the server.
    @Test(arguments: [1, 3000, Int.max]) func theStreamIsInTheOrderOfUse(window: Int) throws {
        let b = ProgramBuilder(tiling: Tiling(elements: 16, linearElements: 40, windowBytes: window))
        let x = Self.operand(b, 90)
        let (y, z) = try b.parallel(
            { try b.evaluate(BuiltInFunctions.gelu, at: x) }, { try b.multiply(x, x, bound: 10_000) })
        try b.open(y, as: "y", to: [.client])
        try b.open(z, as: "z", to: [.client])
        let program = b.finish()
        let dealer = try InsecureInProcessDealer(domain: Ring64(), seeds: InsecureSeededSource(3))
        let shares = TensorDictionary(["x": [Int64](repeating: 1, count: 90)])
        let channels = InMemoryChannel.pair()
        let client = Background {
            try PartyInterpreter(domain: Ring64(), party: .client, channel: channels.1).run(
                program, source: dealer.source(.client, plan: program.plan), tensors: shares)
        }
        let recorder = RecordingSource(dealer.source(.server, plan: program.plan))
        _ = try PartyInterpreter(domain: Ring64(), party: .server, channel: channels.0).run(
            program, source: recorder, tensors: shares)
        _ = try client.result()
        #expect(recorder.taken == program.plan.streamOrder)
        #expect(Set(recorder.taken).count == program.plan.correlations.count)
    }

    /// What no frame holds is refused when the program is written: in estimates too.
    @Test func messagesThatNoFrameHoldsAreRefused() throws {
        let b = ProgramBuilder(tiling: .none)
        let x = b.input("x", owner: .client, shape: [1 << 28], scale: 0, bound: 1)
        #expect(throws: ProgramError.self) { try b.maskForServer(x) }
        #expect(throws: ProgramError.self) { try b.open(x, as: "x", to: [.client]) }
        #expect {
            try b.openMasked(x)
        } throws: { error in
            guard case ProgramError.oversizedFrame(let path, let bytes, let limit) = error else { return false }
            return path == "open-masked" && bytes > limit && limit == FrameTag.payloadLimit
        }
        // Cut, all of them can be sent.
        let cut = ProgramBuilder()
        let y = cut.input("y", owner: .client, shape: [1 << 28], scale: 0, bound: 1)
        _ = try cut.openMasked(y)
        _ = try cut.maskForServer(y)
        try cut.open(y, as: "y", to: [.client])
    }
}

/// Notes in which order correlations are taken.
private final class RecordingSource: CorrelationSource {
    typealias Domain = Ring64

    let source: DealtCorrelations<Ring64>
    var taken: [Int] = []

    init(_ source: DealtCorrelations<Ring64>) { self.source = source }

    func take(_ index: Int) throws -> CorrelationShare<[UInt64]> {
        taken.append(index)
        return try source.take(index)
    }

    var receivedBytes: [Int: Int] { source.receivedBytes }

    func times(of index: Int) -> CorrelationTimes { source.times(of: index) }
}

extension Program {
    /// Names and element counts of tensors that both parties hold shares of.
    fileprivate var sharedInputs: [String: Int] {
        var sizes: [String: Int] = [:]
        for instruction in instructions where instruction.primitive.label == "input" {
            let text = "\(instruction.primitive)"
            guard text.contains("SharedInput"), let name = text.firstMatch(of: /name: "(\w+)"/)?.1 else { continue }
            sizes[String(name)] = instruction.primitive.work.elements
        }
        return sizes
    }
}

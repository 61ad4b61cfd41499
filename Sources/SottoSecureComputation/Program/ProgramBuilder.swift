import SottoAlgebra
import SottoApproximation
import SottoPreprocessing
import SottoTransport

/// Writes a program, one primitive after the other, and keeps its plan of correlations.
public final class ProgramBuilder {
    public let target: Target
    public let tiling: Tiling
    private var scopes: [String] = []
    private var steps: [String] = []
    private var suites: [any ProtocolSuite]
    private var open: [[Node]] = [[]]
    private var instructionCount = 0
    private var slots: SlotTable
    private var correlations: [any Correlation] = []
    private var weights: [WeightDeclaration] = []
    private var weightIndices: [String: Int] = [:]
    private var inputs: [InputDeclaration] = []
    private var outputScales: [String: Int] = [:]
    /// Of functions that were asked for; nil for those that have none.
    var tables: [TableKey: FunctionTable?] = [:]
    /// Rows of kept tensors that the program opens.
    private(set) var keptRows: Range<Int>?
    /// By slot.
    var bounds: [Int: DeclaredBound] = [:]

    public init(target: Target, tiling: Tiling = .standard) {
        self.target = target
        self.tiling = tiling
        suites = [target.suite]
        slots = SlotTable(elementBytes: target.domain.elementBytes)
    }

    public var profile: DomainProfile { target.domain }

    /// The suite of the scope at hand.
    var suite: any ProtocolSuite { suites.last! }

    // MARK: Structure

    /// Runs `body` with `name` appended to the path, by the suite that the target has for scopes of that name.
    public func scope<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        scopes.append(name)
        defer { scopes.removeLast() }
        guard let suite = target.suites[name] else { return try body() }
        return try using(suite, body)
    }

    /// Runs `body` as a step of the operation at hand: its name goes before the primitive's, with a dot between.
    func step<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        steps.append(name)
        defer { steps.removeLast() }
        return try body()
    }

    /// Runs `body` with another suite for its nonlinear operations.
    package func using<Result>(_ suite: any ProtocolSuite, _ body: () throws -> Result) rethrows -> Result {
        suites.append(suite)
        defer { suites.removeLast() }
        return try body()
    }

    /// The path that the next primitive named `label` is charged to.
    func path(_ label: String) -> String {
        (scopes + [(steps + [label]).joined(separator: ".")]).joined(separator: "/")
    }

    /// Independent branches, run at the same time and batched into the same messages.
    public func parallel<each Result>(_ branch: repeat () throws -> each Result) throws -> (repeat each Result) {
        var written: [[Node]] = []
        let results = (repeat try self.branch(each branch, &written))
        append(written, areTiles: false)
        return results
    }

    /// A branch for every item.
    func branches<Item, Result>(
        _ items: [Item], areTiles: Bool, _ body: (Item) throws -> Result
    ) throws -> [Result] {
        var written: [[Node]] = []
        let results = try items.map { item in try branch({ try body(item) }, &written) }
        append(written, areTiles: areTiles)
        return results
    }

    private func branch<Result>(_ body: () throws -> Result, _ written: inout [[Node]]) throws -> Result {
        open.append([])
        let result: Result
        do { result = try body() } catch {
            open.removeLast()
            throw error
        }
        written.append(open.removeLast())
        return result
    }

    private func append(_ written: [[Node]], areTiles: Bool) {
        let branches = written.filter { !$0.isEmpty }
        if branches.count == 1 {
            open[open.count - 1] += branches[0]
        } else if !branches.isEmpty {
            let node: Node =
                areTiles
                ? .tiles(
                    branches.map { Node.Tile(nodes: $0, bytes: slots.residentBytes(of: $0, correlations, tiling)) })
                : .parallel(branches)
            open[open.count - 1].append(node)
        }
    }

    // MARK: Instructions

    /// - Throws: ``ProgramError/oversizedFrame(path:bytes:limit:)`` for what no frame can carry,
    ///   ``ProgramError/tooManyRounds(path:rounds:limit:)`` and ``ProgramError/tooManyInstructions(limit:)`` for what no tag
    ///   can name.
    func emit(_ primitive: some Primitive) throws {
        let instruction = instruction(primitive)
        let rounds = instruction.rounds
        guard rounds.count <= FrameTag.roundLimit else {
            throw ProgramError.tooManyRounds(
                path: instruction.path, rounds: rounds.count, limit: FrameTag.roundLimit)
        }
        guard instructionCount < FrameTag.instructionLimit, correlations.count <= FrameTag.correlationLimit else {
            throw ProgramError.tooManyInstructions(limit: FrameTag.instructionLimit)
        }
        let corrections = instruction.correlations.map { target.preprocessing.largestFrame(of: correlations[$0]) }
        let largest = (rounds.map(\.largest) + corrections).max() ?? 0
        guard largest <= FrameTag.payloadLimit else {
            throw ProgramError.oversizedFrame(
                path: instruction.path, bytes: largest, limit: FrameTag.payloadLimit)
        }
        add(instruction)
    }

    /// A primitive that sends nothing.
    func emit(_ primitive: some LocalPrimitive) { add(instruction(primitive)) }

    private func instruction(_ primitive: any Primitive) -> Instruction {
        Instruction(index: instructionCount, path: path(primitive.label), primitive: primitive)
    }

    private func add(_ instruction: Instruction) {
        open[open.count - 1].append(.instruction(instruction))
        instructionCount += 1
        slots.note(instruction.primitive, instruction.path)
    }

    /// The path of the operation that makes a slot.
    func path(of slot: Int) -> String { slots.path(of: slot) }

    /// - Parameter elements: that a party holds there.
    func newSlot(elements: Int) -> Int { slots.add(bytes: elements * profile.elementBytes) }

    func newSlot(bits: Int) -> Int { slots.add(bytes: bits / 8) }

    func newCorrelation<Kind: Correlation>(_ correlation: Kind) -> CorrelationHandle<Kind> {
        correlations.append(correlation)
        return CorrelationHandle(index: correlations.count - 1, kind: correlation)
    }

    /// Says which rows of kept tensors the program opens; the same of all of them.
    func declareKept(_ rows: Range<Int>) {
        precondition(keptRows == nil || keptRows == rows, "all kept tensors have as many rows")
        keptRows = rows
    }

    func declare(_ input: InputDeclaration) {
        if !inputs.contains(where: { $0.name == input.name }) { inputs.append(input) }
    }

    func declareOutput(_ name: String, scale: Int) { outputScales[name] = scale }

    /// The index of a weight of the server; it enters the setup once.
    func declareWeight(_ name: String, shape: [Int], width: Int, magnitudeBits: Int?) throws -> Int {
        let width = profile.resolved(width)
        if let index = weightIndices[name] {
            let known = weights[index]
            guard known.shape == shape, known.width >= width, known.magnitudeBits == magnitudeBits else {
                func text(_ shape: [Int], _ width: Int, _ magnitudeBits: Int?) -> String {
                    "\(shape) in \(width) bits" + (magnitudeBits.map { ", of magnitudes up to 2^\($0)" } ?? "")
                }
                throw ProgramError.shape(
                    path: path(name), expected: text(known.shape, known.width, known.magnitudeBits),
                    got: text(shape, width, magnitudeBits))
            }
            return index
        }
        weights.append(WeightDeclaration(name: name, shape: shape, width: width, magnitudeBits: magnitudeBits))
        weightIndices[name] = weights.count - 1
        return weights.count - 1
    }

    // MARK: Widths

    /// The narrowest ring in which values up to `magnitude` can be converted: their bits and two more.
    public func width(holding magnitude: Double) -> Int {
        guard profile.hasNarrowRings else { return profile.maximumWidth }
        return Self.bits(magnitude) + profile.conversionBits
    }

    /// Bits of the largest integer up to `magnitude`.
    static func bits(_ magnitude: Double) -> Int {
        magnitude < 1 ? 0 : Int(magnitude.rounded(.up).exponent) + 1
    }

    func checkWidth(_ width: Int, _ label: String) throws -> Int {
        let width = profile.resolved(width)
        guard width <= profile.maximumWidth else {
            throw ProgramError.headroom(path: path(label), needed: width, available: profile.maximumWidth)
        }
        return width
    }

    // MARK: The finished program

    public func finish() -> Program {
        precondition(open.count == 1 && scopes.isEmpty && steps.isEmpty && suites.count == 1)
        let uses = open[0].instructions.compactMap { instruction -> CorrelationPlan.Use? in
            instruction.correlations.isEmpty
                ? nil : CorrelationPlan.Use(instruction: instruction.index, correlations: instruction.correlations)
        }
        return Program(
            target: target, tiling: tiling, nodes: open[0], instructionCount: instructionCount,
            plan: CorrelationPlan(
                correlations: correlations, weights: weights, uses: uses,
                streamOrder: PartySchedule.correlationOrder(
                    open[0], tiling, party: .server, count: correlations.count),
                keptRows: keptRows),
            inputs: inputs, slotCount: slots.count, readers: slots.readers, outputScales: outputScales, bounds: bounds)
    }
}

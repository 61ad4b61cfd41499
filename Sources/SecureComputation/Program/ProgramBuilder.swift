import Algebra
import Foundation
import Preprocessing

/// Writes a program, one primitive after the other, and keeps its plan of correlations.
public final class ProgramBuilder {
    public let profile: DomainProfile
    private var scopes: [String] = []
    private var steps: [String] = []
    private var open: [[Node]] = [[]]
    private var instructionCount = 0
    private var slotCount = 0
    private var correlations: [Correlation] = []
    private var weights: [WeightDeclaration] = []
    private var weightIndices: [String: Int] = [:]
    private var inputs: [InputDeclaration] = []
    private var outputScales: [String: Int] = [:]
    /// By slot.
    var bounds: [Int: DeclaredBound] = [:]
    private var slotPaths: [Int: String] = [:]

    public init(profile: DomainProfile = .ring64) {
        self.profile = profile
    }

    // MARK: Structure

    /// Runs `body` with `name` appended to the path.
    public func scope<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        scopes.append(name)
        defer { scopes.removeLast() }
        return try body()
    }

    /// Runs `body` as a step of the operation at hand: its name goes before the primitive's, with a dot between.
    func step<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        steps.append(name)
        defer { steps.removeLast() }
        return try body()
    }

    /// The path that the next primitive named `label` is charged to.
    func path(_ label: String) -> String {
        (scopes + [(steps + [label]).joined(separator: ".")]).joined(separator: "/")
    }

    /// Independent branches, run at the same time and batched into the same messages.
    public func parallel<each Result>(_ branch: repeat () throws -> each Result) throws -> (repeat each Result) {
        var branches: [[Node]] = []
        func run<R>(_ body: () throws -> R) throws -> R {
            open.append([])
            let result = try body()
            branches.append(open.removeLast())
            return result
        }
        let results = (repeat try run(each branch))
        branches.removeAll { $0.isEmpty }
        if branches.count == 1 {
            open[open.count - 1] += branches[0]
        } else if !branches.isEmpty {
            open[open.count - 1].append(.parallel(branches))
        }
        return results
    }

    func emit(_ primitive: any Primitive) {
        let path = path(primitive.label)
        open[open.count - 1].append(
            .instruction(Instruction(index: instructionCount, path: path, primitive: primitive)))
        instructionCount += 1
        // A rearranged tensor is still what the operation before made.
        let maker = (primitive as? MapTensor).flatMap { slotPaths[$0.input] } ?? path
        for slot in primitive.outputs { slotPaths[slot] = maker }
    }

    /// The path of the operation that makes a slot.
    func path(of slot: Int) -> String { slotPaths[slot] ?? "" }

    func newSlot() -> Int {
        slotCount += 1
        return slotCount - 1
    }

    func newCorrelation(_ correlation: Correlation) -> Int {
        correlations.append(correlation)
        return correlations.count - 1
    }

    func declare(_ input: InputDeclaration) {
        if !inputs.contains(where: { $0.name == input.name }) { inputs.append(input) }
    }

    func declareOutput(_ name: String, scale: Int) { outputScales[name] = scale }

    /// The index of a weight of the server; its mask is made once, in the setup.
    func declareWeight(_ name: String, shape: [Int], width: Int) throws -> Int {
        let width = profile.resolved(width)
        if let index = weightIndices[name] {
            let known = weights[index]
            guard known.shape == shape, known.width >= width else {
                throw ProgramError.shape(
                    path: path(name), expected: "\(known.shape) in \(known.width) bits",
                    got: "\(shape) in \(width) bits")
            }
            return index
        }
        weights.append(WeightDeclaration(name: name, shape: shape, width: width))
        weightIndices[name] = weights.count - 1
        return weights.count - 1
    }

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
        precondition(open.count == 1 && scopes.isEmpty && steps.isEmpty)
        return Program(
            profile: profile, nodes: open[0], instructionCount: instructionCount,
            plan: CorrelationPlan(correlations: correlations, weights: weights), inputs: inputs,
            slotCount: slotCount, releases: releases(), outputScales: outputScales, bounds: bounds)
    }

    private func releases() -> [[Int]] {
        var lastUse = [Int](repeating: -1, count: slotCount)
        func visit(_ node: Node, _ top: Int) {
            switch node {
            case .instruction(let instruction):
                for slot in instruction.primitive.inputs + instruction.primitive.outputs { lastUse[slot] = top }
            case .parallel(let branches): for node in branches.joined() { visit(node, top) }
            }
        }
        for (top, node) in open[0].enumerated() { visit(node, top) }
        var releases = [[Int]](repeating: [], count: open[0].count)
        for (slot, top) in lastUse.enumerated() where top >= 0 { releases[top].append(slot) }
        return releases
    }
}

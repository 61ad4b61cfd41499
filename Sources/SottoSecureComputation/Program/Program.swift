import SottoAlgebra
import SottoPreprocessing
import SottoRandomness

/// One use of a primitive, charged to a path such as `layer.3/ffn/gelu/look-up`.
///
/// A reference: programs of long passes have a million, which interpreters hand around.
package final class Instruction: Sendable {
    /// Position in declaration order.
    package let index: Int
    package let path: String
    package let primitive: any Primitive
    /// What the primitive declares.
    package let rounds: [ByParty<Int>]
    package let correlations: [Int]

    init(index: Int, path: String, primitive: any Primitive) {
        self.index = index
        self.path = path
        self.primitive = primitive
        rounds = primitive.rounds
        correlations = primitive.correlations
    }
}

/// An instruction, branches that run at the same time, or the tiles of an operation, which do too as far as a window admits
/// them.
package indirect enum Node: Sendable {
    case instruction(Instruction)
    case parallel([[Node]])
    case tiles([Tile])

    /// A branch, and the bytes that a party holds for it at most while it is under way.
    package struct Tile: Sendable {
        package let nodes: [Node]
        package let bytes: Int

        var holdsTiles: Bool { nodes.contains(where: \.holdsTiles) }
    }

    private var holdsTiles: Bool {
        switch self {
        case .instruction: false
        case .parallel(let branches): branches.contains { $0.contains(where: \.holdsTiles) }
        case .tiles: true
        }
    }

    /// The branches, of whatever kind; none of an instruction.
    var branches: [[Node]] {
        switch self {
        case .instruction: []
        case .parallel(let branches): branches
        case .tiles(let tiles): tiles.map(\.nodes)
        }
    }
}

/// A tensor that one party puts into a program in the clear: the server's constants or the client's input.
public struct InputDeclaration: Sendable, Hashable, CanonicallyEncodable {
    public let name: String
    public let owner: Party
    public let shape: [Int]

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(name)
        encoder.append(owner)
        encoder.append(shape)
    }
}

/// A straight-line program over secure primitives, with its plan of correlations; data, interpreted three ways.
public struct Program: Sendable {
    /// What it is written for.
    public let target: Target
    public let tiling: Tiling
    package let nodes: [Node]
    public let instructionCount: Int
    package let plan: CorrelationPlan
    public let inputs: [InputDeclaration]
    package let slotCount: Int
    /// How many instructions read a slot.
    let readers: [Int]
    /// Opened outputs by name, with their fraction bits.
    public let outputScales: [String: Int]
    /// Declared bounds by slot.
    let bounds: [Int: DeclaredBound]

    /// What its values are shared over.
    public var profile: DomainProfile { target.domain }

    /// Entries of a weight of the server are integers of magnitude at most two to this power; nil where nothing is declared.
    package func weightMagnitudeBits(_ name: String) -> Int? {
        plan.weights.first { $0.name == name }?.magnitudeBits
    }

    /// All instructions in declaration order.
    package var instructions: [Instruction] { nodes.instructions }

    /// SHA-256 over the target, every instruction and correlation, in hexadecimal: equal exactly where programs are.
    public func fingerprint() throws -> String {
        var encoder = CanonicalEncoder()
        encoder.append(target)
        encoder.append(tiling)
        encode(nodes, into: &encoder)
        encoder.append(plan.correlations.count)
        for correlation in plan.correlations { correlation.encode(into: &encoder) }
        encoder.append(plan.weights)
        encoder.append(plan.streamOrder)
        encoder.append(inputs)
        encoder.append(outputScales.count)
        for (name, scale) in outputScales.sorted(by: { $0.key < $1.key }) {
            encoder.append(name)
            encoder.append(scale)
        }
        encoder.append(bounds.count)
        for (slot, bound) in bounds.sorted(by: { $0.key < $1.key }) {
            encoder.append(slot)
            encoder.append(bound.name)
            encoder.append(bound.bound)
            encoder.append(bound.scale)
        }
        return try Digest.sha256(encoder.bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined()
    }

    private func encode(_ nodes: [Node], into encoder: inout CanonicalEncoder) {
        encoder.append(nodes.count)
        for node in nodes {
            switch node {
            case .instruction(let instruction):
                encoder.append(0)
                encoder.append(instruction.index)
                encoder.append(instruction.path)
                encoder.append(instruction.primitive.label)
                encoder.append(instruction.primitive.inputs)
                encoder.append(instruction.primitive.outputs)
                encoder.append(instruction.correlations)
                instruction.primitive.encodeParameters(into: &encoder)
            case .parallel(let branches):
                encoder.append(1)
                encoder.append(branches.count)
                for branch in branches { encode(branch, into: &encoder) }
            case .tiles(let tiles):
                encoder.append(2)
                encoder.append(tiles.count)
                for tile in tiles {
                    encoder.append(tile.bytes)
                    encode(tile.nodes, into: &encoder)
                }
            }
        }
    }
}

extension [Node] {
    /// In declaration order.
    var instructions: [Instruction] {
        var result: [Instruction] = []
        func collect(_ nodes: [Node]) {
            for node in nodes {
                if case .instruction(let instruction) = node { result.append(instruction) }
                node.branches.forEach(collect)
            }
        }
        collect(self)
        return result
    }
}

import Algebra
import Preprocessing
import Randomness

/// One use of a primitive, charged to a path such as `layer.3/ffn/gelu/compare`.
public struct Instruction: Sendable {
    /// Position in declaration order.
    public let index: Int
    public let path: String
    public let primitive: any Primitive
}

/// An instruction, or branches that run at the same time.
public indirect enum Node: Sendable {
    case instruction(Instruction)
    case parallel([[Node]])
}

/// A tensor that one party puts into a program in the clear: the server's constants or the client's input.
public struct InputDeclaration: Sendable, Hashable {
    public let name: String
    public let owner: Party
    public let shape: [Int]
}

/// Who is who: the server holds the weights, the client the prompt.
public enum Party: Int, Sendable, Hashable, Codable, CaseIterable {
    case server = 0
    case client = 1

    public var peer: Party { self == .server ? .client : .server }
    public var name: String { self == .server ? "server" : "client" }
}

/// A straight-line program over secure primitives, with its plan of correlations; data, interpreted three ways.
public struct Program: Sendable {
    /// What its values are shared over.
    public let profile: DomainProfile
    public let nodes: [Node]
    public let instructionCount: Int
    public let plan: CorrelationPlan
    public let inputs: [InputDeclaration]
    public let slotCount: Int
    /// Slots whose last use is in the top-level node of the same index.
    let releases: [[Int]]
    /// Opened outputs by name, with their fraction bits.
    public let outputScales: [String: Int]
    /// Declared bounds by slot.
    let bounds: [Int: DeclaredBound]

    /// All instructions in declaration order.
    public var instructions: [Instruction] {
        var result: [Instruction] = []
        result.reserveCapacity(instructionCount)
        func collect(_ nodes: [Node]) {
            for node in nodes {
                switch node {
                case .instruction(let instruction): result.append(instruction)
                case .parallel(let branches): branches.forEach(collect)
                }
            }
        }
        collect(nodes)
        return result
    }

    /// SHA-256 over the domain, every instruction and correlation, in hexadecimal: equal exactly where programs are.
    public func fingerprint() throws -> String {
        var text = Array("\(profile)\n".utf8)
        func describe(_ nodes: [Node]) {
            for node in nodes {
                switch node {
                case .instruction(let instruction):
                    text += "\(instruction.index) \(instruction.path) \(instruction.primitive)\n".utf8
                case .parallel(let branches):
                    text += "parallel \(branches.count)\n".utf8
                    for branch in branches {
                        describe(branch)
                        text += "end\n".utf8
                    }
                }
            }
        }
        describe(nodes)
        text += "\(plan.correlations)\n\(plan.weights)\n\(inputs)\n".utf8
        text += "\(outputScales.sorted { $0.key < $1.key })".utf8
        for (slot, bound) in bounds.sorted(by: { $0.key < $1.key }) {
            text += "\nbound \(slot) \(bound.name) \(bound.bound) \(bound.scale)".utf8
        }
        return try Digest.sha256(text).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

public enum ProgramError: Error, Equatable, Sendable, CustomStringConvertible {
    case headroom(path: String, needed: Int, available: Int)
    case shape(path: String, expected: String, got: String)
    case unsupported(path: String, reason: String)
    /// The input of a scalar function may be beyond what the function is made for.
    case beyondFunction(path: String, bound: Double, limit: Double)
    /// A norm of inputs of this bound would miss its documented error.
    case imprecise(path: String, bound: Double)

    public var description: String {
        switch self {
        case .headroom(let path, let needed, let available):
            "\(path) needs \(needed) bits and its values have \(available); lower the bound, the width or the precision."
        case .shape(let path, let expected, let got): "\(path) expects \(expected) and was given \(got)."
        case .unsupported(let path, let reason): "\(path): \(reason)."
        case .beyondFunction(let path, let bound, let limit):
            "\(path) takes inputs up to \(Self.plain(limit)) and the bound of its input is \(Self.plain(bound)); "
                + "declare a smaller one."
        case .imprecise(let path, let bound):
            "\(path) would be too inexact with the bound \(Self.plain(bound)) of its input; declare a smaller one."
        }
    }

    /// Without the fraction that a bound has from the rounding of its input.
    private static func plain(_ bound: Double) -> String {
        bound >= 16 && bound < 1e15 ? "\(Int64(bound))" : "\(bound)"
    }
}

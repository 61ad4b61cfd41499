import SottoAlgebra
import SottoSecureComputation

/// Values for every tensor that a program takes in, whatever it is.
public enum InputFill: Sendable, Hashable, CustomStringConvertible {
    case zeros
    /// One value everywhere.
    case constant(Int64)
    /// Every bit pattern is as likely, far beyond any promised bound.
    case anything(seed: UInt64)
    /// Magnitudes up to `2^bits`.
    case small(seed: UInt64, bits: Int)

    public var description: String {
        switch self {
        case .zeros: "zeros"
        case .constant(let value): "all \(value)"
        case .anything(let seed): "anything, seed \(seed)"
        case .small(let seed, let bits): "up to 2^\(bits), seed \(seed)"
        }
    }

    /// The tensors of one party by name.
    public func tensors(of program: Program, owner: Party) -> [String: [Int64]] {
        var generator = SeededGenerator(seed &+ UInt64(owner.rawValue))
        var tensors: [String: [Int64]] = [:]
        for input in program.inputs where input.owner == owner {
            tensors[input.name] = values(input.shape.reduce(1, *), using: &generator)
        }
        return tensors
    }

    /// What a party puts into a program, its shares of what both hold shares of included.
    public func source(of program: Program, for party: Party) -> any TensorSource {
        TensorSources([TensorDictionary(tensors(of: program, owner: party)), Undeclared(fill: self, party: party)])
    }

    /// Any tensor by any name, where its size is said.
    private struct Undeclared: TensorSource {
        let fill: InputFill
        let party: Party

        func tensor(_ name: String) throws -> [Int64] { throw InterpreterError.missingInput(name: name) }

        func tensor(_ name: String, count: Int, range: Range<Int>) throws -> [Int64] {
            var generator = SeededGenerator(fill.seed &+ 2 &+ UInt64(party.rawValue))
            return Array(fill.values(count, using: &generator)[range])
        }
    }

    private var seed: UInt64 {
        switch self {
        case .zeros, .constant: 0
        case .anything(let seed), .small(let seed, _): seed
        }
    }

    private func values(_ count: Int, using generator: inout SeededGenerator) -> [Int64] {
        switch self {
        case .zeros: [Int64](repeating: 0, count: count)
        case .constant(let value): [Int64](repeating: value, count: count)
        case .anything: (0..<count).map { _ in Int64(bitPattern: generator.next()) }
        case .small(_, let bits): generator.integers(count, bits: bits)
        }
    }
}

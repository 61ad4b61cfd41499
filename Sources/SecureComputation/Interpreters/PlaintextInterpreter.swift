import Algebra

/// A value that left its promised bound, found by the plaintext interpreter; under shares nobody could see it.
public struct RangeViolation: Sendable, Hashable {
    public let path: String
    /// Largest raw magnitude seen.
    public let magnitude: UInt64
    /// Bits that the operation can hold.
    public let bits: Int
}

/// The values of a program in the clear, as fixed-point integers.
public final class PlaintextState {
    let domain = Ring64()
    private let tensors: any TensorSource
    private var values: [[Int64]?]
    private var bitVectors: [[BitVector]?]
    fileprivate(set) var path = ""
    public private(set) var opened: [String: [Int64]] = [:]
    public private(set) var violations: [RangeViolation] = []

    fileprivate init(program: Program, tensors: any TensorSource) {
        self.tensors = tensors
        values = [[Int64]?](repeating: nil, count: program.slotCount)
        bitVectors = [[BitVector]?](repeating: nil, count: program.slotCount)
    }

    func values(_ slot: Int) throws -> [Int64] {
        guard let result = values[slot] else { throw InterpreterError.emptySlot(slot) }
        return result
    }

    func bits(_ slot: Int) throws -> [BitVector] {
        guard let result = bitVectors[slot] else { throw InterpreterError.emptySlot(slot) }
        return result
    }

    func set(_ slot: Int, _ result: [Int64]) { values[slot] = result }

    func set(_ slot: Int, bits: [BitVector]) { bitVectors[slot] = bits }

    fileprivate func release(_ slots: [Int]) {
        for slot in slots {
            values[slot] = nil
            bitVectors[slot] = nil
        }
    }

    func tensor(_ name: String, count: Int) throws -> [Int64] {
        let result = try tensors.tensor(name)
        guard result.count == count else {
            throw InterpreterError.inputSize(name: name, expected: count, got: result.count)
        }
        return result
    }

    func recordOpened(_ name: String, _ result: [Int64]) { opened[name] = result }

    /// Records values that reach `2^magnitudeBits`.
    func check(_ values: [Int64], magnitudeBits: Int) {
        guard magnitudeBits < 63 else { return }
        var largest: UInt64 = 0
        for value in values { largest = max(largest, value.magnitude) }
        if largest >= 1 << UInt64(magnitudeBits) {
            violations.append(RangeViolation(path: path, magnitude: largest, bits: magnitudeBits))
        }
    }
}

/// Runs a program on fixed-point integers in one place: what a private run gives, up to one unit in the last place for
/// each truncation.
public struct PlaintextInterpreter: Sendable {
    public init() {}

    /// - Parameter trace: called after every instruction with its path and the values of its first output.
    public func run(
        _ program: Program, tensors: any TensorSource, trace: ((String, [Int64]) -> Void)? = nil
    ) throws -> PlaintextState {
        let state = PlaintextState(program: program, tensors: tensors)
        func run(_ node: Node) throws {
            switch node {
            case .instruction(let instruction):
                state.path = instruction.path
                try instruction.primitive.evaluate(state)
                if let trace, let slot = instruction.primitive.outputs.first, let values = try? state.values(slot) {
                    trace(instruction.path, values)
                }
            case .parallel(let branches):
                for branch in branches { try branch.forEach(run) }
            }
        }
        for (top, node) in program.nodes.enumerated() {
            try run(node)
            state.release(program.releases[top])
        }
        return state
    }
}

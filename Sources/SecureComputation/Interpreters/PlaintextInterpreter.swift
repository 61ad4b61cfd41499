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
    private let bounds: [Int: DeclaredBound]
    fileprivate(set) var path = ""
    public private(set) var opened: [String: [Int64]] = [:]
    public private(set) var violations: [RangeViolation] = []
    /// The worst of every declared bound, by its name.
    public private(set) var declaredFindings: [String: RangeFinding] = [:]
    private var worstProduct: RangeFinding?

    fileprivate init(program: Program, tensors: any TensorSource) {
        self.tensors = tensors
        bounds = program.bounds
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

    func set(_ slot: Int, _ result: [Int64]) {
        values[slot] = result
        guard let declared = bounds[slot] else { return }
        declaredFindings[declared.name] = .worse(
            declaredFindings[declared.name],
            RangeFinding(
                path: declared.path, name: declared.name,
                magnitude: scaled(Double(Self.largest(result)), by: -declared.scale), bound: declared.bound))
    }

    /// The operation that is farthest beyond its declared bound, or else nearest to it; an operation whose bound follows
    /// from those, in raw integers, only where no declared bound is left and it is. nil where nothing is declared.
    public var range: RangeFinding? {
        let worstDeclared = declaredFindings.values.sorted { $0.path < $1.path }.reduce(nil, RangeFinding.worse)
        // 64 bits could not hold a product: whatever came after may look small.
        if let worstProduct, worstDeclared?.isWithin ?? true { return worstProduct }
        guard let worstDeclared else { return derivedRange }
        return worstDeclared.isWithin ? derivedRange ?? worstDeclared : worstDeclared
    }

    private var derivedRange: RangeFinding? {
        violations.reduce(nil) { worst, violation in
            .worse(
                worst,
                RangeFinding(
                    path: violation.path, name: nil, magnitude: Double(violation.magnitude),
                    bound: scaled(1, by: violation.bits).nextDown))
        }
    }

    private static func largest(_ values: [Int64]) -> UInt64 {
        values.reduce(0) { max($0, $1.magnitude) }
    }

    /// The product of two tensors modulo 2^64, as shares multiply; products that 64 bits cannot hold are noted.
    func product(_ x: [Int64], _ y: [Int64], shape: ProductShape) -> [Int64] {
        let limit = 0x1p62
        // Cheap and nearly always enough: no element of the product is larger.
        if shape.largestProduct(x, y) >= limit {
            let largest = shape.largestExactProduct(x, y)
            if largest >= limit {
                worstProduct = .worse(
                    worstProduct, RangeFinding(path: path, name: nil, magnitude: largest, bound: limit))
            }
        }
        return domain.decode(domain.product(domain.encode(x), domain.encode(y), shape: shape, threads: 1), width: 64)
    }

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
        let largest = Self.largest(values)
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

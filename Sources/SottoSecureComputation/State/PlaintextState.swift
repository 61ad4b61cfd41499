import SottoAlgebra

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
    /// Tensors of earlier runs, and what this one adds.
    let kept: KeptValues
    private var values: [[Int64]?]
    private var bitVectors: [[BitVector]?]
    private let bounds: [Int: DeclaredBound]
    var path = ""
    public private(set) var opened: [String: [Int64]] = [:]
    public private(set) var violations: [RangeViolation] = []
    /// The worst of every declared bound, by its name.
    public private(set) var declaredFindings: [String: RangeFinding] = [:]
    private var worstProduct: RangeFinding?

    init(bounds: [Int: DeclaredBound], slotCount: Int, tensors: any TensorSource, kept: KeptValues) {
        self.tensors = tensors
        self.kept = kept
        self.bounds = bounds
        values = [[Int64]?](repeating: nil, count: slotCount)
        bitVectors = [[BitVector]?](repeating: nil, count: slotCount)
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

    /// Frees what nobody needs any more.
    func release(_ slots: [Int]) {
        for slot in slots {
            values[slot] = nil
            bitVectors[slot] = nil
        }
    }

    func tensor(_ name: String, count: Int, range: Range<Int>? = nil) throws -> [Int64] {
        try tensors.tensor(name, count: count, range: range ?? 0..<count)
    }

    /// - Parameters:
    ///   - start: of the values among the `count` of that name.
    func recordOpened(_ name: String, _ result: [Int64], start: Int, count: Int) {
        guard result.count < count else {
            opened[name] = result
            return
        }
        opened[name, default: [Int64](repeating: 0, count: count)].replaceSubrange(
            start..<(start + result.count), with: result)
    }

    /// Records values that reach `2^magnitudeBits`.
    func check(_ values: [Int64], magnitudeBits: Int) {
        guard magnitudeBits < 63 else { return }
        let largest = Self.largest(values)
        if largest >= 1 << UInt64(magnitudeBits) {
            violations.append(RangeViolation(path: path, magnitude: largest, bits: magnitudeBits))
        }
    }
}

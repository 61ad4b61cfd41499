/// Uniform 64-bit words, one after the other; what a domain needs to draw uniform elements.
public protocol UniformWords {
    mutating func words(_ count: Int) throws -> [UInt64]
}

/// What additive sharing is over: whole-tensor operations on flat, row-major elements.
///
/// Protocols call each operation once per tensor; loops over elements live in the conforming types.
/// A tensor of *width* `k` lives in the ring with `k` bits (`Z_2^k` for ``Ring64``); bits above the
/// width carry no meaning and `pack` drops them.
public protocol ShareDomain: Sendable {
    associatedtype Elements: Sendable, Equatable
    /// The right operand of many matrix products, in the form that they read.
    associatedtype RightOperand: Sendable

    /// Name used in reports, handshakes and program hashes.
    var name: String { get }

    func count(_ x: Elements) -> Int
    func zeros(_ count: Int) -> Elements
    /// Signed integers as elements.
    func encode(_ values: [Int64]) -> Elements
    /// The signed representatives, in `-2^(width-1) ..< 2^(width-1)`.
    func decode(_ x: Elements, width: Int) -> [Int64]
    func uniform<Source: UniformWords>(count: Int, width: Int, from source: inout Source) throws -> Elements

    func add(_ x: Elements, _ y: Elements) -> Elements
    func subtract(_ x: Elements, _ y: Elements) -> Elements
    func scale(_ x: Elements, by factor: Int64) -> Elements
    func add(_ x: Elements, constant: Int64) -> Elements
    func concatenate(_ parts: [Elements]) -> Elements
    func slice(_ x: Elements, _ range: Range<Int>) -> Elements
    func apply(_ map: LinearMap, to x: Elements) -> Elements
    /// A product of the given shape: element by element, matrices, or row by row dot products. Bits above the ring of a
    /// product carry no meaning.
    func product(
        _ x: Elements, _ y: Elements, shape: ProductShape, widths: ProductWidths, threads: Int
    ) -> Elements

    /// Whether prepared operands are smaller than elements, and products with them faster.
    var preparesRightOperands: Bool { get }
    /// The right operand of products of matrices, prepared once; the shape may be that of any left operand.
    /// - Throws: ``RightOperandError`` where entries are beyond the declared magnitude.
    func rightOperand(_ y: Elements, shape: ProductShape, widths: ProductWidths) throws -> RightOperand
    /// The elements again; those of declared magnitude as they were, others modulo the ring.
    func elements(of operand: RightOperand) -> Elements
    /// The product with a prepared operand, in the ring of `ring` bits or a narrower one than it was prepared for.
    func product(_ x: Elements, _ y: RightOperand, shape: ProductShape, ring: Int, threads: Int) -> Elements

    /// `count` elements in exactly ``WireSize/bytes(count:width:)`` bytes.
    func pack(_ x: Elements, width: Int) -> [UInt8]
    func unpack(_ bytes: [UInt8], count: Int, width: Int) throws -> Elements

    func add(_ x: Elements, powerOfTwo exponent: Int, isNegative: Bool) -> Elements
    /// Bits as elements 0 and 1.
    func fromBits(_ bits: BitVector) -> Elements
    /// Elements where a bit is set, zero elsewhere.
    func selected(_ x: Elements, where bits: BitVector) -> Elements

    /// No elements yet, with room for so many.
    func empty(capacity: Int) -> Elements
    func append(_ part: Elements, to x: inout Elements)
    /// Bytes of `count` elements in memory.
    func memoryBytes(count: Int) -> Int
}

extension ShareDomain {
    /// The product of any words or elements of a field.
    public func product(_ x: Elements, _ y: Elements, shape: ProductShape, threads: Int) -> Elements {
        product(x, y, shape: shape, widths: .words, threads: threads)
    }
}

/// A right operand that is not what its widths declare.
public enum RightOperandError: Error, Equatable, Sendable, CustomStringConvertible {
    case magnitudeExceeded(bits: Int)

    public var description: String {
        switch self {
        case .magnitudeExceeded(let bits):
            "A matrix has entries beyond 2^\(bits) in raw units, its declared bound; declare a larger one."
        }
    }
}

/// What tensors weigh on the wire.
package enum WireSize {
    /// Bytes of `count` elements of `width` bits, packed densely: `ceil(count * width / 8)`.
    package static func bytes(count: Int, width: Int) -> Int { (count * width + 7) / 8 }
}

/// The shape of a bilinear product of two flat tensors.
public enum ProductShape: Sendable, Hashable {
    case elementwise(count: Int)
    /// `[batch, m, k] x [batch, k, n] -> [batch, m, n]`
    case matrix(batch: Int, m: Int, k: Int, n: Int)
    /// `[rows, columns] . [rows, columns] -> [rows]`
    case rowDots(rows: Int, columns: Int)

    public var leftCount: Int {
        switch self {
        case .elementwise(let count): count
        case .matrix(let batch, let m, let k, _): batch * m * k
        case .rowDots(let rows, let columns): rows * columns
        }
    }
    public var rightCount: Int {
        switch self {
        case .elementwise(let count): count
        case .matrix(let batch, _, let k, let n): batch * k * n
        case .rowDots(let rows, let columns): rows * columns
        }
    }
    public var outputCount: Int {
        switch self {
        case .elementwise(let count): count
        case .matrix(let batch, let m, _, let n): batch * m * n
        case .rowDots(let rows, _): rows
        }
    }
    /// The shape with one row on the left, for what depends on the right operand alone.
    package var ofOneRow: ProductShape {
        if case .matrix(let batch, _, let k, let n) = self { .matrix(batch: batch, m: 1, k: k, n: n) } else { self }
    }
    /// How many products are added up in one output element.
    package var terms: Int {
        switch self {
        case .elementwise: 1
        case .matrix(_, _, let k, _): k
        case .rowDots(_, let columns): columns
        }
    }
    /// Multiplications and additions of the plain product.
    package var flops: Int {
        switch self {
        case .elementwise(let count): count
        case .matrix(let batch, let m, let k, let n): 2 * batch * m * k * n
        case .rowDots(let rows, let columns): 2 * rows * columns
        }
    }
}

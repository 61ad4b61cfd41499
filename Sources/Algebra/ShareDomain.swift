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
    /// A product of the given shape: element by element, matrices, or row by row dot products.
    func product(_ x: Elements, _ y: Elements, shape: ProductShape, threads: Int) -> Elements

    /// `count` elements in exactly ``WireSize/bytes(count:width:)`` bytes.
    func pack(_ x: Elements, width: Int) -> [UInt8]
    func unpack(_ bytes: [UInt8], count: Int, width: Int) throws -> Elements

    /// Bits of either party's operand of a comparison.
    func comparisonBits(width: Int) -> Int
    /// One party's private operand for the sign of a shared value: the bits, lowest first, that a millionaires' tree adds
    /// up to a carry, and a bit. The value is negative exactly where the XOR of both bits and of the carry is set.
    func comparisonOperand(_ share: Elements, party: Int, width: Int) -> (digits: [BitVector], sign: BitVector)
    /// What has to be added to a value of a magnitude below it, `2^exponent`, before it is divided.
    func truncationOffset(width: Int) -> Int
    func add(_ x: Elements, powerOfTwo exponent: Int, isNegative: Bool) -> Elements
    /// For each share whether it lies in the upper half: shares of a value in the lower half wrap exactly where one does.
    func topBits(_ share: Elements, width: Int) -> BitVector
    /// One party's part of a division by `2^shift`: party 0 rounds down, party 1 up, so that the sum of both
    /// parts is within one unit of the quotient.
    func shiftShare(_ share: Elements, party: Int, by shift: Int, width: Int) -> Elements
    /// Takes the quotient of the wraps that the sum of both shares made.
    func subtractWraps(_ wraps: Elements, from quotient: Elements, shift: Int, width: Int) -> Elements
    /// One party's share of the product of both parties' private bits, from a correlated OT on random bits.
    /// `own` is the party's bit, `difference0` and `difference1` the opened `bit ^ mask` of either party.
    func privateBitProduct(
        party: Int, own: BitVector, ownMask: BitVector, difference0: BitVector, difference1: BitVector,
        maskProduct: Elements
    ) -> Elements
    /// Bits as elements 0 and 1.
    func fromBits(_ bits: BitVector) -> Elements

    /// True values of a selection correlation: `a^2 ... a^degree`, then for every bit vector `r` of `bits`
    /// `r·a^0 ... r·a^degree`; blocks of `count` elements.
    func selectionPowers(bits: [BitVector], mask: Elements?, count: Int, degree: Int) -> Elements
    /// One party's share of `P_0(v) + sum_i b_i·(P_i - P_(i-1))(v)` for `v = opened + a`, `b_i = openedBits_i ^ r_i`.
    /// `maskShare` and `powerShares` are its shares of `a` and of ``selectionPowers(bits:mask:count:degree:)``.
    func evaluateSelection(
        _ table: SelectionTable, party: Int, openedBits: [BitVector], opened: Elements?, maskShare: Elements?,
        powerShares: Elements, count: Int
    ) -> Elements
}

/// What tensors weigh on the wire.
public enum WireSize {
    /// Bytes of `count` elements of `width` bits, packed densely: `ceil(count * width / 8)`.
    public static func bytes(count: Int, width: Int) -> Int { (count * width + 7) / 8 }
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
    /// How many products are added up in one output element.
    public var terms: Int {
        switch self {
        case .elementwise: 1
        case .matrix(_, _, let k, _): k
        case .rowDots(_, let columns): columns
        }
    }
    /// Multiplications and additions of the plain product.
    public var flops: Int {
        switch self {
        case .elementwise(let count): count
        case .matrix(let batch, let m, let k, let n): 2 * batch * m * k * n
        case .rowDots(let rows, let columns): 2 * rows * columns
        }
    }
}

/// Integer polynomials of degree at most 3, one for each interval of a partition.
public struct SelectionTable: Sendable, Hashable {
    /// Row `i` holds the coefficients `c_0, c_1, ...` that hold when exactly the first `i` bits are set.
    public let rows: [[Int64]]

    public var thresholds: Int { rows.count - 1 }
    public var degree: Int { rows[0].count - 1 }

    /// - Precondition: at least one row, all rows of the same length, 1 to 4.
    public init(rows: [[Int64]]) {
        precondition(!rows.isEmpty && (1...4).contains(rows[0].count) && rows.allSatisfy { $0.count == rows[0].count })
        self.rows = rows
    }

    /// Elements of one party's powers for `count` inputs.
    public static func powerCount(thresholds: Int, degree: Int, count: Int) -> Int {
        count * (max(0, degree - 1) + thresholds * (degree + 1))
    }
}

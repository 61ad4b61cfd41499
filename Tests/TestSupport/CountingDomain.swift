import SottoAlgebra
import SottoSecureComputation

/// What was done with elements.
public struct OperationCounts: Sendable, Hashable {
    /// Of products and polynomials, as they are in the clear.
    public var multiplications = 0
    public var additions = 0
    /// Elements of sums and differences of tensors.
    public var sums = 0
    /// Elements that operations read and wrote.
    public var touched = 0

    public init() {}

    public static func + (a: OperationCounts, b: OperationCounts) -> OperationCounts {
        var sum = a
        sum.multiplications += b.multiplications
        sum.additions += b.additions
        sum.sums += b.sums
        sum.touched += b.touched
        return sum
    }

    /// Counted arithmetic modulo 2^64.
    fileprivate mutating func multiply(_ x: UInt64, _ y: UInt64) -> UInt64 {
        multiplications += 1
        return x &* y
    }

    fileprivate mutating func add(_ x: UInt64, _ y: UInt64) -> UInt64 {
        additions += 1
        return x &+ y
    }
}

/// ``Ring64``, counting what is done in it. One thread at a time may use it.
public struct CountingDomain: ShareDomain {
    private final class Counter: @unchecked Sendable { var counts = OperationCounts() }

    private let ring = Ring64()
    private let counter = Counter()

    public init() {}

    /// What was counted since the last call.
    public func take() -> OperationCounts {
        defer { counter.counts = OperationCounts() }
        return counter.counts
    }

    private func touching<Result>(_ elements: Int..., result: Result) -> Result {
        counter.counts.touched += elements.reduce(0, +)
        return result
    }

    public var name: String { ring.name }
    public func count(_ x: [UInt64]) -> Int { x.count }
    public func memoryBytes(count: Int) -> Int { ring.memoryBytes(count: count) }
    public func empty(capacity: Int) -> [UInt64] { ring.empty(capacity: capacity) }
    public func zeros(_ count: Int) -> [UInt64] { touching(count, result: ring.zeros(count)) }
    public func encode(_ values: [Int64]) -> [UInt64] { touching(values.count, result: ring.encode(values)) }

    public func decode(_ x: [UInt64], width: Int) -> [Int64] {
        touching(x.count, result: ring.decode(x, width: width))
    }

    public func uniform<Source: UniformWords>(
        count: Int, width: Int, from source: inout Source
    ) throws -> [UInt64] {
        touching(count, result: try ring.uniform(count: count, width: width, from: &source))
    }

    public func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        counter.counts.sums += x.count
        return touching(3 * x.count, result: ring.add(x, y))
    }

    public func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        counter.counts.sums += x.count
        return touching(3 * x.count, result: ring.subtract(x, y))
    }

    public func scale(_ x: [UInt64], by factor: Int64) -> [UInt64] {
        touching(2 * x.count, result: ring.scale(x, by: factor))
    }

    public func add(_ x: [UInt64], constant: Int64) -> [UInt64] {
        touching(2 * x.count, result: ring.add(x, constant: constant))
    }

    public func add(_ x: [UInt64], powerOfTwo exponent: Int, isNegative: Bool) -> [UInt64] {
        touching(2 * x.count, result: ring.add(x, powerOfTwo: exponent, isNegative: isNegative))
    }

    public func concatenate(_ parts: [[UInt64]]) -> [UInt64] {
        touching(2 * parts.reduce(0) { $0 + $1.count }, result: ring.concatenate(parts))
    }

    public func slice(_ x: [UInt64], _ range: Range<Int>) -> [UInt64] {
        touching(2 * range.count, result: ring.slice(x, range))
    }

    public func append(_ part: [UInt64], to x: inout [UInt64]) {
        touching(2 * part.count, result: ring.append(part, to: &x))
    }

    public func apply(_ map: LinearMap, to x: [UInt64]) -> [UInt64] {
        let result = ring.apply(map, to: x)
        return touching(x.count, result.count, result: result)
    }

    public func pack(_ x: [UInt64], width: Int) -> [UInt8] { touching(x.count, result: ring.pack(x, width: width)) }

    public func unpack(_ bytes: [UInt8], count: Int, width: Int) throws -> [UInt64] {
        touching(count, result: try ring.unpack(bytes, count: count, width: width))
    }

    public func fromBits(_ bits: BitVector) -> [UInt64] { touching(bits.count, result: ring.fromBits(bits)) }

    public func selected(_ x: [UInt64], where bits: BitVector) -> [UInt64] {
        touching(2 * x.count, result: ring.selected(x, where: bits))
    }

    /// Element by element as in a textbook: every multiplication and addition is counted where it is done.
    public func product(
        _ x: [UInt64], _ y: [UInt64], shape: ProductShape, widths: ProductWidths, threads: Int
    ) -> [UInt64] {
        var counts = counter.counts
        defer { counter.counts = counts }
        func dot(_ terms: Int, _ left: (Int) -> Int, _ right: (Int) -> Int) -> UInt64 {
            (0..<terms).reduce(0) { counts.add($0, counts.multiply(x[left($1)], y[right($1)])) }
        }
        let result: [UInt64] =
            switch shape {
            case .elementwise(let count): (0..<count).map { counts.multiply(x[$0], y[$0]) }
            case .rowDots(let rows, let columns):
                (0..<rows).map { row in dot(columns, { row * columns + $0 }, { row * columns + $0 }) }
            case .matrix(let batch, let m, let k, let n):
                (0..<(batch * m * n)).map { place in
                    let (row, column) = place.quotientAndRemainder(dividingBy: n)
                    return dot(k, { row * k + $0 }, { (row / m * k + $0) * n + column })
                }
            }
        counts.touched += x.count + y.count + result.count
        return result
    }
}

/// Operands stay as they are.
extension CountingDomain {
    public var preparesRightOperands: Bool { false }
    public func rightOperand(_ y: [UInt64], shape: ProductShape, widths: ProductWidths) -> [UInt64] { y }
    public func elements(of operand: [UInt64]) -> [UInt64] { operand }
    public func product(_ x: [UInt64], _ y: [UInt64], shape: ProductShape, ring: Int, threads: Int) -> [UInt64] {
        product(x, y, shape: shape, threads: threads)
    }
}

extension CountingDomain: OTShareConversions {
    /// Touches every bit of the operand.
    public func comparisonOperand(
        _ share: [UInt64], party: Party, width: Int
    ) -> (digits: [BitVector], sign: BitVector) {
        let operand = ring.comparisonOperand(share, party: party, width: width)
        return touching(share.count * (operand.digits.count + 1), result: operand)
    }

    public func topBits(_ share: [UInt64], width: Int) -> BitVector {
        touching(share.count, result: ring.topBits(share, width: width))
    }

    public func shiftShare(_ share: [UInt64], party: Party, by shift: Int, width: Int) -> [UInt64] {
        touching(2 * share.count, result: ring.shiftShare(share, party: party, by: shift, width: width))
    }

    public func subtractWraps(_ wraps: [UInt64], from quotient: [UInt64], shift: Int, width: Int) -> [UInt64] {
        touching(3 * wraps.count, result: ring.subtractWraps(wraps, from: quotient, shift: shift, width: width))
    }

    public func privateBitProduct(
        party: Party, own: BitVector, ownMask: BitVector, difference0: BitVector, difference1: BitVector,
        maskProduct: [UInt64]
    ) -> [UInt64] {
        touching(
            2 * maskProduct.count,
            result: ring.privateBitProduct(
                party: party, own: own, ownMask: ownMask, difference0: difference0, difference1: difference1,
                maskProduct: maskProduct))
    }

    /// Counts what one polynomial at one value takes in the clear, for each element.
    package func evaluateSelection(
        _ table: SelectionTable, party: Party, openedBits: [BitVector], opened: [UInt64]?, maskShare: [UInt64]?,
        powerShares: [UInt64], count: Int
    ) -> [UInt64] {
        let coefficients = table.rows[0].map { UInt64(bitPattern: $0) }
        for element in 0..<count {
            let value = opened?[element] ?? 0
            _ = coefficients.dropLast().reversed().reduce(coefficients.last!) { sum, coefficient in
                counter.counts.add(counter.counts.multiply(sum, value), coefficient)
            }
        }
        let result = ring.evaluateSelection(
            table, party: party, openedBits: openedBits, opened: opened, maskShare: maskShare,
            powerShares: powerShares, count: count)
        return touching(opened?.count ?? 0, maskShare?.count ?? 0, powerShares.count, count, result: result)
    }
}

extension CountingDomain: RingWords {
    public func words(_ x: [UInt64]) -> [UInt64] { touching(x.count, result: x) }
    public func elements(_ words: [UInt64]) -> [UInt64] { touching(words.count, result: words) }
}

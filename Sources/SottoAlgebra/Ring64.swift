/// Additive sharing over `Z_2^64`, and over `Z_2^k` for every narrower width `k` by reduction.
///
/// Elements are 64-bit words; arithmetic wraps modulo `2^64`, which is exact modulo every `2^k`.
public struct Ring64: ShareDomain {
    public typealias Elements = [UInt64]

    /// Where kernels of matrix products change; the ring is the same with any.
    public let crossovers: ProductCrossovers

    public init(crossovers: ProductCrossovers = .standard) { self.crossovers = crossovers }

    public var name: String { "ring64" }

    @inlinable
    package static func mask(_ width: Int) -> UInt64 { width >= 64 ? .max : (1 << UInt64(width)) - 1 }

    public func count(_ x: [UInt64]) -> Int { x.count }

    public func zeros(_ count: Int) -> [UInt64] { [UInt64](repeating: 0, count: count) }

    public func encode(_ values: [Int64]) -> [UInt64] { values.map { UInt64(bitPattern: $0) } }

    public func decode(_ x: [UInt64], width: Int) -> [Int64] {
        let shift = Int64(64 - width)
        return x.map { Int64(bitPattern: $0 &<< UInt64(shift)) &>> shift }
    }

    public func uniform<Source: UniformWords>(
        count: Int, width: Int, from source: inout Source
    ) throws -> [UInt64] {
        var words = try source.words(count)
        if width < 64 {
            let mask = Self.mask(width)
            for i in words.indices { words[i] &= mask }
        }
        return words
    }

    public func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { zip(x, y) { $0 &+ $1 } }

    public func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { zip(x, y) { $0 &- $1 } }

    public func scale(_ x: [UInt64], by factor: Int64) -> [UInt64] {
        let factor = UInt64(bitPattern: factor)
        return x.map { $0 &* factor }
    }

    public func add(_ x: [UInt64], constant: Int64) -> [UInt64] {
        let constant = UInt64(bitPattern: constant)
        return x.map { $0 &+ constant }
    }

    public func concatenate(_ parts: [[UInt64]]) -> [UInt64] {
        guard parts.count != 1 else { return parts[0] }
        var whole: [UInt64] = []
        whole.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for part in parts { whole += part }
        return whole
    }

    public func slice(_ x: [UInt64], _ range: Range<Int>) -> [UInt64] { Array(x[range]) }

    public func apply(_ map: LinearMap, to x: [UInt64]) -> [UInt64] {
        precondition(x.count == map.inputCount)
        switch map.lowered() {
        case .gather(let indices):
            return x.withUnsafeBufferPointer { x in indices.map { $0 < 0 ? 0 : x[Int($0)] } }
        case .sums(let offsets):
            return x.withUnsafeBufferPointer { x in
                (0..<(offsets.count - 1)).map { row in
                    var sum: UInt64 = 0
                    for i in offsets[row]..<offsets[row + 1] { sum &+= x[i] }
                    return sum
                }
            }
        }
    }

    public func product(
        _ x: [UInt64], _ y: [UInt64], shape: ProductShape, widths: ProductWidths, threads: Int
    ) -> [UInt64] {
        precondition(x.count == shape.leftCount && y.count == shape.rightCount)
        switch shape {
        case .elementwise:
            return zip(x, y) { $0 &* $1 }
        case .matrix(let batch, let m, let k, let n):
            return RingMatrixProduct.multiply(
                x, y, batch: batch, m: m, k: k, n: n, widths: widths, threads: threads, crossovers: crossovers)
        case .rowDots(let rows, let columns):
            return x.withUnsafeBufferPointer { x in
                y.withUnsafeBufferPointer { y in
                    (0..<rows).map { row in
                        var sum: UInt64 = 0
                        for i in (row * columns)..<((row + 1) * columns) { sum &+= x[i] &* y[i] }
                        return sum
                    }
                }
            }
        }
    }

    public func pack(_ x: [UInt64], width: Int) -> [UInt8] { BitPacking.pack(x, width: width) }

    public func unpack(_ bytes: [UInt8], count: Int, width: Int) throws -> [UInt64] {
        try BitPacking.unpack(bytes, count: count, width: width)
    }

    @inline(__always)
    private func zip(_ x: [UInt64], _ y: [UInt64], _ body: (UInt64, UInt64) -> UInt64) -> [UInt64] {
        precondition(x.count == y.count)
        return [UInt64](unsafeUninitializedCapacity: x.count) { out, initialized in
            x.withUnsafeBufferPointer { x in
                y.withUnsafeBufferPointer { y in
                    for i in 0..<x.count { out[i] = body(x[i], y[i]) }
                }
            }
            initialized = x.count
        }
    }
}

// MARK: - Prepared operands

extension Ring64 {
    public var preparesRightOperands: Bool { true }

    /// - Complexity: Memory as ``RightMatrix`` says.
    public func rightOperand(
        _ y: [UInt64], shape: ProductShape, widths: ProductWidths
    ) throws -> RightMatrix {
        guard case .matrix(let batch, _, let k, let n) = shape else {
            preconditionFailure("only products of matrices have prepared operands")
        }
        if widths.reliesOnMagnitude, let bits = widths.rightMagnitudeBits {
            let limit: UInt64 = 1 << UInt64(bits)
            // All entries are looked at, whatever they are; in -limit...limit are those that this brings to 0...2·limit.
            let isBeyond = y.reduce(UInt64(0)) { $0 | (2 &* limit &- ($1 &+ limit)) | ($1 &+ limit) } >> 63
            guard isBeyond == 0 else { throw RightOperandError.magnitudeExceeded(bits: bits) }
        }
        return RightMatrix(y, batch: batch, k: k, n: n, widths: widths)
    }

    public func elements(of operand: RightMatrix) -> [UInt64] { operand.words }

    public func product(
        _ x: [UInt64], _ y: RightMatrix, shape: ProductShape, ring: Int, threads: Int
    ) -> [UInt64] {
        guard case .matrix(y.batch, let m, y.k, y.n) = shape else {
            preconditionFailure("the shape is not that of the prepared operand")
        }
        return RingMatrixProduct.multiply(x, y, m: m, ring: ring, threads: threads, crossovers: crossovers)
    }
}

// MARK: - Bits and memory

extension Ring64 {
    public func add(_ x: [UInt64], powerOfTwo exponent: Int, isNegative: Bool) -> [UInt64] {
        let power: UInt64 = 1 << UInt64(exponent)
        return isNegative ? x.map { $0 &- power } : x.map { $0 &+ power }
    }

    public func fromBits(_ bits: BitVector) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: bits.count) { out, initialized in
            bits.words.withUnsafeBufferPointer { words in
                for i in 0..<bits.count { out[i] = (words[i >> 6] >> UInt64(i & 63)) & 1 }
            }
            initialized = bits.count
        }
    }

    public func selected(_ x: [UInt64], where bits: BitVector) -> [UInt64] {
        precondition(x.count == bits.count)
        return [UInt64](unsafeUninitializedCapacity: x.count) { out, initialized in
            bits.words.withUnsafeBufferPointer { words in
                for i in 0..<x.count { out[i] = x[i] & (0 &- ((words[i >> 6] >> UInt64(i & 63)) & 1)) }
            }
            initialized = x.count
        }
    }

    public func empty(capacity: Int) -> [UInt64] {
        var elements: [UInt64] = []
        elements.reserveCapacity(capacity)
        return elements
    }

    public func append(_ part: [UInt64], to x: inout [UInt64]) { x += part }

    public func memoryBytes(count: Int) -> Int { 8 * count }
}

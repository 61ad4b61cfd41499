import CSottoRingKernels

/// Additive sharing over F_p for an odd prime p, by GMP's limbs: signed values around zero, elements below p in
/// `limbCount` limbs each, the least significant first, one after the other in a flat array.
///
/// Tensors have one width, the bit length of p. Sums and products of secrets run the same instructions for all values
/// (``FieldKernel``); what depends on values is drawing uniform elements, where a rejected candidate says nothing of the
/// one that is kept.
public struct PrimeField: ShareDomain {
    public typealias Elements = [UInt64]

    public let modulus: PrimeModulus
    /// Where kernels of matrix products change; a field is the same with any.
    public let crossovers: ProductCrossovers
    package let kernel: any FieldKernel

    public init(_ modulus: PrimeModulus, crossovers: ProductCrossovers = .standard) {
        self.modulus = modulus
        self.crossovers = crossovers
        kernel = TwoLimbKernel(modulus) ?? LimbKernel(modulus) as any FieldKernel
    }

    public var name: String { "field" }

    /// Limbs of an element.
    package var limbs: Int { modulus.limbCount }

    public func count(_ x: [UInt64]) -> Int { x.count / limbs }

    public func zeros(_ count: Int) -> [UInt64] { [UInt64](repeating: 0, count: count * limbs) }

    public func encode(_ values: [Int64]) -> [UInt64] {
        let limbs = limbs
        return [UInt64](unsafeUninitializedCapacity: values.count * limbs) { out, initialized in
            for (index, value) in values.enumerated() {
                // A negative number is p less its magnitude: its two's complement, sign-extended, plus p.
                var carry: UInt64 = 0
                for limb in 0..<limbs {
                    let sum = sotto_field_encode_limb(value, UInt64(limb), modulus.limbs[limb], carry)
                    out[index * limbs + limb] = sum.low
                    carry = sum.high
                }
            }
            initialized = values.count * limbs
        }
    }

    public func decode(_ x: [UInt64], width: Int) -> [Int64] {
        let isNegative = isInUpperHalf(x)
        let magnitudes = negated(x, where: isNegative)
        return (0..<count(x)).map { index in
            Int64(bitPattern: sotto_ct_negate(isNegative.bit(index), magnitudes[index * limbs]))
        }
    }

    /// Bits are drawn for as many elements as are missing, and those that are p or more are left out.
    public func uniform<Source: UniformWords>(
        count: Int, width: Int, from source: inout Source
    ) throws -> [UInt64] {
        var elements = try source.words(count * limbs)
        let top = modulus.bits % 64
        let mask: UInt64 = top == 0 ? .max : (1 << UInt64(top)) - 1
        var taken = 0
        var missing = count
        while missing > 0 {
            for candidate in stride(from: elements.count - missing * limbs, to: elements.count, by: limbs) {
                elements[candidate + limbs - 1] &= mask
                guard isElement(elements, at: candidate) else { continue }
                if candidate != taken {
                    for limb in 0..<limbs { elements[taken + limb] = elements[candidate + limb] }
                }
                taken += limbs
            }
            missing = count - taken / limbs
            guard missing > 0 else { break }
            elements.removeLast(elements.count - taken)
            elements += try source.words(missing * limbs)
        }
        return elements
    }

    public func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { kernel.add(x, y) }

    public func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { kernel.subtract(x, y) }

    public func scale(_ x: [UInt64], by factor: Int64) -> [UInt64] { kernel.scale(x, by: encode([factor])) }

    public func add(_ x: [UInt64], constant: Int64) -> [UInt64] {
        kernel.add(x, repeated(encode([constant]), count(x)))
    }

    public func concatenate(_ parts: [[UInt64]]) -> [UInt64] {
        parts.count == 1 ? parts[0] : Array(parts.joined())
    }

    public func slice(_ x: [UInt64], _ range: Range<Int>) -> [UInt64] {
        Array(x[(range.lowerBound * limbs)..<(range.upperBound * limbs)])
    }

    public func apply(_ map: LinearMap, to x: [UInt64]) -> [UInt64] {
        precondition(count(x) == map.inputCount)
        let limbs = limbs
        switch map.lowered() {
        case .gather(let indices):
            return [UInt64](unsafeUninitializedCapacity: indices.count * limbs) { out, initialized in
                for (row, index) in indices.enumerated() {
                    for limb in 0..<limbs { out[row * limbs + limb] = index < 0 ? 0 : x[Int(index) * limbs + limb] }
                }
                initialized = indices.count * limbs
            }
        case .sums(let offsets):
            return sums(of: x, offsets: offsets)
        }
    }

    /// Adds up runs, one element of every run at a time.
    private func sums(of x: [UInt64], offsets: [Int]) -> [UInt64] {
        let rows = offsets.count - 1
        let longest = (0..<rows).map { offsets[$0 + 1] - offsets[$0] }.max() ?? 0
        var sum = zeros(rows)
        for place in 0..<longest {
            var terms = zeros(rows)
            for row in 0..<rows where offsets[row] + place < offsets[row + 1] {
                for limb in 0..<limbs { terms[row * limbs + limb] = x[(offsets[row] + place) * limbs + limb] }
            }
            sum = kernel.add(sum, terms)
        }
        return sum
    }

    public func product(
        _ x: [UInt64], _ y: [UInt64], shape: ProductShape, widths: ProductWidths, threads: Int
    ) -> [UInt64] {
        precondition(count(x) == shape.leftCount && count(y) == shape.rightCount)
        switch shape {
        case .elementwise: return kernel.multiply(x, y)
        case .matrix(let batch, let m, let k, let n):
            return FieldMatrixProduct(kernel: kernel, limbs: limbs, m: m, k: k, n: n, crossovers: crossovers)
                .multiply(x, y, batch: batch, threads: threads)
        case .rowDots(let rows, let columns):
            return [UInt64](unsafeUninitializedCapacity: rows * limbs) { out, initialized in
                if let out = out.baseAddress, rows > 0 {
                    kernel.dots(x, y, k: columns, rows: rows, columns: rows, paired: true, into: out)
                }
                initialized = rows * limbs
            }
        }
    }
}

// MARK: - Prepared operands

extension PrimeField {
    public var preparesRightOperands: Bool { false }

    /// Operands stay as they are.
    public func rightOperand(_ y: [UInt64], shape: ProductShape, widths: ProductWidths) -> [UInt64] { y }

    public func elements(of operand: [UInt64]) -> [UInt64] { operand }

    public func product(
        _ x: [UInt64], _ y: [UInt64], shape: ProductShape, ring: Int, threads: Int
    ) -> [UInt64] {
        product(x, y, shape: shape, threads: threads)
    }
}

// MARK: - Parts

extension PrimeField {
    /// One element over and over.
    package func repeated(_ element: [UInt64], _ count: Int) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: count * limbs) { out, initialized in
            for index in 0..<(count * limbs) { out[index] = element[index % limbs] }
            initialized = count * limbs
        }
    }

    /// Whether the limbs at an index are below p.
    func isElement(_ x: [UInt64], at start: Int) -> Bool {
        for limb in stride(from: limbs - 1, through: 0, by: -1) where x[start + limb] != modulus.limbs[limb] {
            return x[start + limb] < modulus.limbs[limb]
        }
        return false
    }

    /// `-x` where a bit is set, `x` elsewhere.
    package func negated(_ x: [UInt64], where bits: BitVector) -> [UInt64] {
        let negative = kernel.subtract(zeros(count(x)), x)
        return [UInt64](unsafeUninitializedCapacity: x.count) { out, initialized in
            for index in 0..<bits.count {
                let bit = bits.bit(index)
                for limb in (index * limbs)..<((index + 1) * limbs) {
                    out[limb] = sotto_ct_select(bit, negative[limb], x[limb])
                }
            }
            initialized = x.count
        }
    }

    /// For each element whether it is above `(p - 1)/2`: `2x` in the integers exceeds p, and so `2x mod p` is odd.
    package func isInUpperHalf(_ x: [UInt64]) -> BitVector { parity(kernel.add(x, x)) }

    /// The lowest bit of every element.
    package func parity(_ x: [UInt64]) -> BitVector {
        var words = [UInt64](repeating: 0, count: (count(x) + 63) / 64)
        for index in 0..<count(x) { words[index >> 6] |= (x[index * limbs] & 1) << UInt64(index & 63) }
        return BitVector(words: words, count: count(x))
    }
}

// MARK: - Bits and memory

extension PrimeField {
    public func add(_ x: [UInt64], powerOfTwo exponent: Int, isNegative: Bool) -> [UInt64] {
        var power = [UInt64](repeating: 0, count: limbs)
        power[exponent / 64] = 1 << UInt64(exponent % 64)
        let powers = repeated(power, count(x))
        return isNegative ? kernel.subtract(x, powers) : kernel.add(x, powers)
    }

    public func fromBits(_ bits: BitVector) -> [UInt64] {
        var elements = zeros(bits.count)
        for index in 0..<bits.count { elements[index * limbs] = bits.bit(index) }
        return elements
    }

    public func selected(_ x: [UInt64], where bits: BitVector) -> [UInt64] {
        var result = x
        for index in 0..<bits.count {
            let bit = bits.bit(index)
            for limb in (index * limbs)..<((index + 1) * limbs) { result[limb] = sotto_ct_select(bit, result[limb], 0) }
        }
        return result
    }

    public func empty(capacity: Int) -> [UInt64] {
        var elements: [UInt64] = []
        elements.reserveCapacity(capacity * limbs)
        return elements
    }

    public func append(_ part: [UInt64], to x: inout [UInt64]) { x += part }

    public func memoryBytes(count: Int) -> Int { 8 * limbs * count }
}

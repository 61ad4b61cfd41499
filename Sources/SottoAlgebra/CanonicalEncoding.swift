/// Writes values as bytes that differ where the values do: what fingerprints are taken of. Every item says what it is by
/// its place, and lists say how long they are.
package struct CanonicalEncoder: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    @inlinable
    package mutating func append(_ value: Int) { append(word: UInt64(bitPattern: Int64(value))) }

    package mutating func append(_ value: Int64) { append(word: UInt64(bitPattern: value)) }

    package mutating func append(_ value: Double) { append(word: value.bitPattern) }

    package mutating func append(_ value: Bool) { bytes.append(value ? 1 : 0) }

    package mutating func append(_ text: String) {
        append(text.utf8.count)
        bytes += text.utf8
    }

    package mutating func append(_ values: [Int]) {
        append(values.count)
        for value in values { append(value) }
    }

    package mutating func append(_ values: [Int64]) {
        append(values.count)
        for value in values { append(value) }
    }

    package mutating func append(_ value: some CanonicallyEncodable) { value.encode(into: &self) }

    package mutating func append(_ values: [some CanonicallyEncodable]) {
        append(values.count)
        for value in values { value.encode(into: &self) }
    }

    /// nil differs from every value.
    package mutating func append(_ value: Int?) {
        append(value != nil)
        if let value { append(value) }
    }

    @usableFromInline
    mutating func append(word: UInt64) {
        // Seven bits a byte, as most numbers are small.
        var rest = word
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Has an explicit encoding: what of it a fingerprint depends on, and in which order.
package protocol CanonicallyEncodable {
    func encode(into encoder: inout CanonicalEncoder)
}

extension Party: CanonicallyEncodable {
    package func encode(into encoder: inout CanonicalEncoder) { encoder.append(rawValue) }
}

extension Segments: CanonicallyEncodable {
    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(groups)
        encoder.append(lengths)
    }
}

extension CausalTriangle: CanonicallyEncodable {
    package func encode(into encoder: inout CanonicalEncoder) {
        for size in [groups, past, new, columns] { encoder.append(size) }
    }
}

extension LinearMap: CanonicallyEncodable {
    package func encode(into encoder: inout CanonicalEncoder) {
        switch self {
        case .slice(let shape, let axis, let range):
            encoder.append(0)
            encoder.append(shape)
            encoder.append(axis)
            encoder.append(range.lowerBound)
            encoder.append(range.upperBound)
        case .permute(let shape, let order):
            encoder.append(1)
            encoder.append(shape)
            encoder.append(order)
        case .packTriangle(let triangle): append(2, triangle, to: &encoder)
        case .fillTriangle(let triangle): append(3, triangle, to: &encoder)
        case .segmentSum(let segments): append(4, segments, to: &encoder)
        case .segmentBroadcast(let segments): append(5, segments, to: &encoder)
        case .pairElements(let segments, let second):
            append(6, segments, to: &encoder)
            encoder.append(second)
        case .placePairs(let segments): append(7, segments, to: &encoder)
        case .placeLeftovers(let segments): append(8, segments, to: &encoder)
        }
    }

    private func append(_ kind: Int, _ value: some CanonicallyEncodable, to encoder: inout CanonicalEncoder) {
        encoder.append(kind)
        encoder.append(value)
    }
}

extension ProductShape: CanonicallyEncodable {
    package func encode(into encoder: inout CanonicalEncoder) {
        switch self {
        case .elementwise(let count): encoder.append([0, count])
        case .matrix(let batch, let m, let k, let n): encoder.append([1, batch, m, k, n])
        case .rowDots(let rows, let columns): encoder.append([2, rows, columns])
        }
    }
}

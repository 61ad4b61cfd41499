import SottoAlgebra

/// Packing of elements of up to 96 bits: those above 64 bits as two lists, of the lower 32 bits and of the others.
package enum WidePacking {
    private static let lowBits = 32

    package static func byteCount(count: Int, width: Int) -> Int {
        guard width > 64 else { return BitPacking.byteCount(count: count, width: width) }
        return BitPacking.byteCount(count: count, width: lowBits)
            + BitPacking.byteCount(count: count, width: width - lowBits)
    }

    /// Packs the low `width` bits of each element.
    package static func pack(_ elements: [UInt128], width: Int) -> [UInt8] {
        let low = elements.map { UInt64(truncatingIfNeeded: $0) }
        guard width > 64 else { return BitPacking.pack(low, width: width) }
        let high = elements.map { UInt64(truncatingIfNeeded: $0 >> UInt128(lowBits)) }
        return BitPacking.pack(low, width: lowBits) + BitPacking.pack(high, width: width - lowBits)
    }

    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding`.
    package static func unpack(_ bytes: [UInt8], count: Int, width: Int) throws(LatticeError) -> [UInt128] {
        let expected = byteCount(count: count, width: width)
        guard bytes.count == expected else { throw .wrongByteCount(expected: expected, actual: bytes.count) }
        guard width > 64 else { return try unpackWords(bytes[...], count: count, width: width).map { UInt128($0) } }
        let split = BitPacking.byteCount(count: count, width: lowBits)
        let low = try unpackWords(bytes[..<split], count: count, width: lowBits)
        let high = try unpackWords(bytes[split...], count: count, width: width - lowBits)
        return zip(low, high).map { UInt128($0) | UInt128($1) << UInt128(lowBits) }
    }

    /// Elements of at most 64 bits.
    ///
    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding`.
    package static func unpackWords(_ bytes: ArraySlice<UInt8>, count: Int, width: Int) throws(LatticeError) -> [UInt64]
    {
        do {
            return try BitPacking.unpack(Array(bytes), count: count, width: width)
        } catch {
            throw LatticeError(error)
        }
    }
}

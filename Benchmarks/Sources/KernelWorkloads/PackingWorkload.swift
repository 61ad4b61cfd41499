import SottoAlgebra

/// Elements of `width` bits, packed for the wire, unpacked and bit-sliced, and a plain copy of them.
public struct PackingWorkload {
    public let width: Int
    private let elements: [UInt64]
    private let packed: [UInt8]

    public init(count: Int, width: Int) {
        self.width = width
        var generator = SystemRandomNumberGenerator()
        elements = (0..<count).map { _ in generator.next() }
        packed = BitPacking.pack(elements, width: width)
    }

    public func pack() -> [UInt8] { BitPacking.pack(elements, width: width) }

    public func unpack() throws -> [UInt64] {
        try BitPacking.unpack(packed, count: elements.count, width: width)
    }

    public func planes() -> [BitVector] { BitPlanes.planes(of: elements, width: width) }

    public func copy() -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: elements.count) { buffer, initialized in
            initialized = buffer.initialize(fromContentsOf: elements)
        }
    }
}

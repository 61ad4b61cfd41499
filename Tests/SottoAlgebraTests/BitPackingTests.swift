import SottoAlgebra
import TestSupport
import Testing

/// Packing by its definition: bit by bit.
private func referencePack(_ elements: [UInt64], width: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (elements.count * width + 7) / 8)
    for (index, element) in elements.enumerated() {
        for bit in 0..<width where (element >> UInt64(bit)) & 1 == 1 {
            let position = index * width + bit
            bytes[position / 8] |= 1 << UInt8(position % 8)
        }
    }
    return bytes
}

private func low(_ element: UInt64, _ width: Int) -> UInt64 {
    width == 64 ? element : element & ((1 << UInt64(width)) - 1)
}

@Suite struct BitPackingTests {
    @Test(arguments: 1...64) func packingAgreesWithItsDefinition(width: Int) throws {
        var generator = SeededGenerator(UInt64(width))
        for count in [0, 1, 2, 3, 7, 8, 9, 31, 64, 65, 130] {
            let elements = (0..<count).map { _ in generator.next() }
            let bytes = BitPacking.pack(elements, width: width)
            #expect(bytes == referencePack(elements, width: width))
            #expect(bytes.count == BitPacking.byteCount(count: count, width: width))
            let expected = elements.map { low($0, width) }
            #expect(try BitPacking.unpack(bytes, count: count, width: width) == expected)
        }
    }

    @Test(arguments: 1...64) func extremesRoundTrip(width: Int) throws {
        for element in [0, 1, UInt64.max, 1 << 63, 1 << UInt64(width - 1)] {
            let elements = [UInt64](repeating: element, count: 67)
            let bytes = BitPacking.pack(elements, width: width)
            #expect(bytes == referencePack(elements, width: width))
            #expect(try BitPacking.unpack(bytes, count: 67, width: width) == elements.map { low($0, width) })
        }
    }

    @Test(arguments: 1...64) func aWrongNumberOfBytesIsRefused(width: Int) {
        for count in [0, 1, 13] {
            let needed = (count * width + 7) / 8
            for actual in [0, needed - 1, needed + 1, needed + 8] where actual >= 0 && actual != needed {
                #expect(throws: PackingError.wrongByteCount(expected: needed, actual: actual)) {
                    try BitPacking.unpack([UInt8](repeating: 0, count: actual), count: count, width: width)
                }
            }
        }
    }

    @Test(arguments: 1...64) func everyPaddingBitMustBeZero(width: Int) {
        for count in 1...8 where count * width % 8 != 0 {
            let bits = count * width
            for padding in bits % 8..<8 {
                var bytes = [UInt8](repeating: 0, count: (bits + 7) / 8)
                bytes[bytes.count - 1] = 1 << UInt8(padding)
                #expect(throws: PackingError.nonzeroPadding) {
                    try BitPacking.unpack(bytes, count: count, width: width)
                }
            }
        }
    }

    @Test func errorsSayWhatToDo() {
        #expect(
            "\(PackingError.wrongByteCount(expected: 4, actual: 3))"
                == "packed data has 3 bytes where 4 are needed; check that both sides agree on count and width")
        #expect("\(PackingError.nonzeroPadding)".contains("padding"))
    }
}

@Suite struct BitPlanesTests {
    @Test(arguments: 1...64) func planesHoldTheBitsOfEveryElement(width: Int) {
        var generator = SeededGenerator(UInt64(width))
        for count in [0, 1, 63, 64, 65, 130] {
            let elements = (0..<count).map { _ in generator.next() }
            let planes = BitPlanes.planes(of: elements, width: width)
            #expect(planes.count == width && planes.allSatisfy { $0.count == count })
            for (bit, plane) in planes.enumerated() {
                #expect((0..<count).allSatisfy { plane[$0] == ((elements[$0] >> UInt64(bit)) & 1 == 1) })
                #expect(plane == BitVector(words: plane.words, count: count))
            }
            #expect(BitPlanes.elements(from: planes) == elements.map { low($0, width) })
        }
    }

    @Test func noPlanesMakeNoElements() { #expect(BitPlanes.elements(from: []) == []) }
}

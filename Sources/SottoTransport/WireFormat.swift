/// The bytes on a connection: a stream header, then frames. All numbers are little-endian.
///
/// | bytes | stream header | | bytes | frame |
/// | --- | --- | --- | --- | --- |
/// | 8 | magic | | 8 | payload bytes |
/// | 4 | version | | 4 | tag |
/// | | | | 4 | depth |
/// | | | | 4 | CRC-32C of the payload |
/// | | | | 4 | CRC-32C of the 20 bytes before |
/// | | | | | payload |
package enum WireFormat {
    /// The first byte is no text and the line ends catch connections that rewrite them.
    package static let magic: [UInt8] = [0xF5] + Array("SOTTO\r\n".utf8)
    package static let version = 2
    package static let streamHeaderSize = 12
    package static let frameHeaderSize = 24

    /// What each side sends first.
    package static var streamHeader: [UInt8] { magic + littleEndian(UInt32(version)) }

    /// What precedes a frame's payload.
    package static func header(of frame: Frame) -> [UInt8] {
        let payloadChecksum = Checksum.of(frame.payload)
        return [UInt8](unsafeUninitializedCapacity: frameHeaderSize) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            bytes.storeBytes(of: UInt64(frame.payload.count).littleEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: frame.tag.littleEndian, toByteOffset: 8, as: UInt32.self)
            bytes.storeBytes(of: frame.depth.littleEndian, toByteOffset: 12, as: UInt32.self)
            bytes.storeBytes(of: payloadChecksum.littleEndian, toByteOffset: 16, as: UInt32.self)
            let own = checksum(ofHeader: UnsafeRawBufferPointer(bytes))
            bytes.storeBytes(of: own.littleEndian, toByteOffset: 20, as: UInt32.self)
            count = frameHeaderSize
        }
    }

    /// Whether a header of `frameHeaderSize` bytes is what was sent.
    static func isIntact(header: UnsafeRawBufferPointer) -> Bool {
        UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 20, as: UInt32.self)) == checksum(ofHeader: header)
    }

    private static func checksum(ofHeader header: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = Checksum()
        checksum.add(UnsafeRawBufferPointer(rebasing: header[..<20]))
        return checksum.value
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

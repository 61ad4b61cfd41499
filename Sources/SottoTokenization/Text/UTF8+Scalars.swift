extension Sequence<UInt32> {
    /// The text in UTF-8.
    var utf8: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(underestimatedCount)
        for value in self {
            guard let scalar = Unicode.Scalar(value) else { continue }
            if value < 0x80 { bytes.append(UInt8(value)) } else { bytes.append(contentsOf: UTF8.encode(scalar)!) }
        }
        return bytes
    }
}

extension String {
    /// The numbers of the text's characters.
    var scalarValues: [UInt32] { unicodeScalars.map(\.value) }

    /// Whether two texts are the same bytes; equal strings may only look the same.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension [UInt8] {
    /// The numbers of the characters of a text in UTF-8.
    var scalarValues: [UInt32] { String(decoding: self, as: UTF8.self).scalarValues }
}

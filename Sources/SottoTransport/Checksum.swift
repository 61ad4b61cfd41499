import CSottoRingKernels

/// CRC-32C of bytes that come in pieces.
package struct Checksum {
    /// The ways to compute it; all give the same value.
    package enum Path: CaseIterable, Sendable {
        case portable, instruction

        fileprivate var kernel: sotto_crc32c_path {
            switch self {
            case .portable: SOTTO_CRC32C_PORTABLE
            case .instruction: SOTTO_CRC32C_INSTRUCTION
            }
        }

        /// Whether this processor can go it.
        package var isAvailable: Bool { sotto_crc32c_available(kernel) }

        package static var fastest: Path { instruction.isAvailable ? .instruction : .portable }
    }

    /// Of what was added so far; 0 for nothing.
    package private(set) var value: UInt32 = 0
    private let path: Path

    /// - Parameter path: must be available.
    package init(_ path: Path = .fastest) { self.path = path }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        value = sotto_crc32c(path.kernel, value, start, bytes.count)
    }

    package static func of(_ bytes: [UInt8]) -> UInt32 {
        var checksum = Checksum()
        bytes.withUnsafeBytes { checksum.add($0) }
        return checksum.value
    }
}

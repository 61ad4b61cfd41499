import Foundation

/// SHA-256 by whoever trains: this module brings no library of cryptography.
public struct ContentDigest: Sendable {
    private let sha256: @Sendable (UnsafeRawBufferPointer) throws -> [UInt8]

    /// - Parameter sha256: gives the 32 bytes of SHA-256.
    public init(sha256: @escaping @Sendable (UnsafeRawBufferPointer) throws -> [UInt8]) {
        self.sha256 = sha256
    }

    func bytes(of content: some ContiguousBytes) throws -> [UInt8] {
        try content.withUnsafeBytes { try sha256($0) }
    }

    /// In hexadecimal.
    func digits(of content: some ContiguousBytes) throws -> String {
        try bytes(of: content).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

import CSottoOpenSSL

/// Overwriting of secrets that are no longer needed.
package enum SecretMemory {
    /// Overwrites the bytes with zeros, in a way that the compiler does not leave out.
    ///
    /// An array that shares its memory with another is copied first, and the other keeps the secret: wipe before sharing,
    /// or where nothing else holds it.
    package static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { wipe($0) }
    }

    /// Overwrites the memory with zeros, in a way that the compiler does not leave out.
    package static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
    }
}

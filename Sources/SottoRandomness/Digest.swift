import CSottoOpenSSL

/// Hashes of byte strings.
public enum Digest {
    /// The 32 bytes of SHA-256.
    ///
    /// - Throws: `RandomnessError.openSSL` if OpenSSL lacks the function.
    package static func sha256(_ bytes: [UInt8]) throws(RandomnessError) -> [UInt8] {
        // Typed errors do not pass through the closure.
        let result = bytes.withUnsafeBytes { input in Result { () throws(RandomnessError) in try sha256(input) } }
        return try result.get()
    }

    /// The 32 bytes of SHA-256.
    ///
    /// - Throws: `RandomnessError.openSSL` if OpenSSL lacks the function.
    public static func sha256(_ bytes: UnsafeRawBufferPointer) throws(RandomnessError) -> [UInt8] {
        try OpenSSL.prepare()
        var digest = [UInt8](repeating: 0, count: 32)
        let status = digest.withUnsafeMutableBufferPointer { output in
            EVP_Digest(bytes.baseAddress, bytes.count, output.baseAddress, nil, EVP_sha256(), nil)
        }
        try checkOpenSSL(status, "EVP_Digest")
        return digest
    }
}

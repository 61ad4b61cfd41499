import CSottoOpenSSL

/// AES-128 under a public key, as a stand-in for a random permutation π of 128-bit blocks. Many blocks in one call: OpenSSL
/// takes the processor's instructions for several of them at once.
///
/// Holds a context of OpenSSL that calls change: one owner, one thread at a time.
package final class FixedKeyCipher {
    private let context: OpaquePointer

    /// - Parameter key: public; another one gives another permutation.
    /// - Throws: `RandomnessError.openSSL` if OpenSSL lacks the cipher or memory.
    package init(key: UInt64) throws(RandomnessError) {
        try OpenSSL.prepare()
        guard let context = EVP_CIPHER_CTX_new() else { throw lastOpenSSLError("EVP_CIPHER_CTX_new") }
        self.context = context
        let status = withUnsafeBytes(of: (key.littleEndian, UInt64(0))) {
            EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), nil, $0.baseAddress, nil)
        }
        try checkOpenSSL(status, "EVP_EncryptInit_ex")
        try checkOpenSSL(EVP_CIPHER_CTX_set_padding(context, 0), "EVP_CIPHER_CTX_set_padding")
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// `output[i] = π(input[i])`; both may be the same memory.
    package func permute(
        _ input: UnsafePointer<Block>, to output: UnsafeMutablePointer<Block>, count: Int
    ) throws(RandomnessError) {
        precondition(count >= 0 && count <= Int(Int32.max) / Block.byteCount)
        guard count > 0 else { return }
        var written: Int32 = 0
        let size = Int32(count * Block.byteCount)
        let status = input.withMemoryRebound(to: UInt8.self, capacity: Int(size)) { input in
            output.withMemoryRebound(to: UInt8.self, capacity: Int(size)) { output in
                EVP_EncryptUpdate(context, output, &written, input, size)
            }
        }
        try checkOpenSSL(status, "EVP_EncryptUpdate")
    }
}

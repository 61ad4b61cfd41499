import CSottoOpenSSL
import SottoAlgebra

/// A stream of pseudorandom bytes: AES-128 in counter mode.
///
/// The key is the seed. The first counter block is the domain (upper half, big-endian) and zero (lower half), so that
/// the streams of one seed under different domains share no block in their first 2^68 bytes.
///
/// All reads continue one stream of bytes; words are little-endian.
public final class PseudorandomGenerator {
    private let context: OpaquePointer

    /// - Throws: `RandomnessError.openSSL` if OpenSSL lacks the cipher or memory.
    public convenience init(seed: Seed, domain: UInt64) throws(RandomnessError) {
        try self.init(key: seed, counter: (domain, 0))
    }

    /// The stream that starts at a given counter block, of which the first half is the more significant one.
    package init(key: Seed, counter: (UInt64, UInt64)) throws(RandomnessError) {
        try OpenSSL.prepare()
        guard let context = EVP_CIPHER_CTX_new() else { throw lastOpenSSLError("EVP_CIPHER_CTX_new") }
        self.context = context
        let status = key.withUnsafeBytes { key in
            withUnsafeBytes(of: (counter.0.bigEndian, counter.1.bigEndian)) { counter in
                EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nil, key.baseAddress, counter.baseAddress)
            }
        }
        try checkOpenSSL(status, "EVP_EncryptInit_ex")
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Overwrites the buffer with the next bytes of the stream.
    ///
    /// - Throws: `RandomnessError.openSSL` if encryption fails; the buffer's content is then unspecified.
    public func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(RandomnessError) {
        try checkOpenSSL(encryptZeros(buffer), "EVP_EncryptUpdate")
    }

    /// The next `count` words of 64 bits.
    public func words(_ count: Int) throws(RandomnessError) -> [UInt64] {
        precondition(count >= 0, "a number of words cannot be negative")
        var status: Int32 = 1
        let words = [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            status = encryptZeros(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: 8 * count))
            #if _endian(big)
                for index in 0..<count { buffer[index] = buffer[index].byteSwapped }
            #endif
            initialized = count
        }
        try checkOpenSSL(status, "EVP_EncryptUpdate")
        return words
    }

    // What is encrypted: so many zeros that a call into OpenSSL costs little beside its work, and that they and their
    // encryption stay in the first-level cache.
    private static let zeros = [UInt8](repeating: 0, count: 4096)

    /// Overwrites the buffer with the encryption of zeros, which is the stream; returns OpenSSL's status.
    private func encryptZeros(_ buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 1 }
        return Self.zeros.withUnsafeBufferPointer { zeros in
            for offset in stride(from: 0, to: buffer.count, by: zeros.count) {
                var written: Int32 = 0
                let count = Int32(min(zeros.count, buffer.count - offset))
                let status = EVP_EncryptUpdate(context, start + offset, &written, zeros.baseAddress, count)
                if status != 1 { return status }
            }
            return 1
        }
    }

    /// The next `count` elements, uniform below `2^width` with `width` in `1...64`; each takes 64 bits of the stream.
    package func elements(count: Int, width: Int) throws(RandomnessError) -> [UInt64] {
        precondition((1...64).contains(width), "an element has 1 to 64 bits")
        var elements = try words(count)
        if width < 64 {
            let mask: UInt64 = (1 << UInt64(width)) - 1
            elements.withUnsafeMutableBufferPointer { for index in 0..<$0.count { $0[index] &= mask } }
        }
        return elements
    }

    /// The next `count` uniform bits, which take whole 64-bit words of the stream.
    package func bits(_ count: Int) throws(RandomnessError) -> BitVector {
        try BitVector(words: words(BitVector.wordCount(count)), count: count)
    }

    /// The next 16 bytes as the seed of another stream.
    public func seed() throws(RandomnessError) -> Seed {
        var status: Int32 = 1
        let seed = Seed { status = encryptZeros($0) }
        try checkOpenSSL(status, "EVP_EncryptUpdate")
        return seed
    }
}

import CSottoOpenSSL

/// Entropy of the operating system, through OpenSSL's generator.
public enum SystemEntropy {
    /// `count` unpredictable bytes.
    ///
    /// - Throws: `RandomnessError.openSSL` if the system gives no entropy.
    package static func bytes(_ count: Int) throws(RandomnessError) -> [UInt8] {
        precondition(count >= 0, "a number of bytes cannot be negative")
        try OpenSSL.prepare()
        var bytes = [UInt8](repeating: 0, count: count)
        var status: Int32 = 1
        bytes.withUnsafeMutableBufferPointer { buffer in
            var rest = buffer[...]
            while !rest.isEmpty, status == 1 {
                let chunk = UnsafeMutableBufferPointer(rebasing: rest.prefix(1 << 20))
                status = RAND_bytes(chunk.baseAddress, Int32(chunk.count))
                rest = rest.dropFirst(chunk.count)
            }
        }
        try checkOpenSSL(status, "RAND_bytes")
        return bytes
    }

    /// An unpredictable seed.
    ///
    /// - Throws: `RandomnessError.openSSL` if the system gives no entropy.
    public static func seed() throws(RandomnessError) -> Seed {
        try OpenSSL.prepare()
        var status: Int32 = 1
        let seed = Seed { status = RAND_bytes($0.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32($0.count)) }
        try checkOpenSSL(status, "RAND_bytes")
        return seed
    }
}

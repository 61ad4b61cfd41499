import CSottoOpenSSL

/// What comes before every first use of OpenSSL.
package enum OpenSSL {
    /// Leaves OpenSSL's memory to the system when the process ends. Its cleanup would run while the last threads end, and
    /// free what they free as well: OPENSSL_cleanup(3) wants them to have ended, and nobody waits for detached ones.
    private static let isReady = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    package static func prepare() throws(RandomnessError) {
        guard isReady else { throw lastOpenSSLError("OPENSSL_init_crypto") }
    }
}

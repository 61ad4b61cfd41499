import CSottoOpenSSL

/// Why randomness could not be made.
public enum RandomnessError: Error, Equatable, CustomStringConvertible {
    /// A seed of another size than ``Seed/byteCount``.
    case wrongSeedSize(actual: Int)
    /// A call into OpenSSL failed, with the code of its error queue (0 if it left none).
    case openSSL(call: String, code: UInt)

    public var description: String {
        switch self {
        case .wrongSeedSize(let actual):
            "a seed has \(actual) bytes where \(Seed.byteCount) are needed; pass as many"
        case .openSSL(let call, let code):
            "OpenSSL's \(call) failed (\(Self.reason(code))); check that OpenSSL 3 and its default provider work"
        }
    }

    private static func reason(_ code: UInt) -> String {
        guard let text = ERR_reason_error_string(code) else { return "error code \(code)" }
        return String(cString: text)
    }
}

/// Throws the newest error of OpenSSL's queue, and empties it, unless `status` says success (1).
package func checkOpenSSL(_ status: Int32, _ call: StaticString) throws(RandomnessError) {
    if status != 1 { throw lastOpenSSLError(call) }
}

/// The newest error of OpenSSL's queue, which is emptied.
package func lastOpenSSLError(_ call: StaticString) -> RandomnessError {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    return .openSSL(call: "\(call)", code: UInt(code))
}

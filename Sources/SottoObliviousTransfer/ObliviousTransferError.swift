/// Why oblivious transfers could not be made: a peer's message that does not fit, or a use that is not allowed.
public enum ObliviousTransferError: Error, Equatable, CustomStringConvertible {
    /// A message of another size than both parties agreed on.
    case wrongMessageSize(step: String, expected: Int, actual: Int)
    /// Bytes that are no point of the curve, or the point at infinity.
    case notAPoint(index: Int)
    /// Padding bits of a message that are not zero.
    case nonzeroPadding(step: String)
    /// More correlated OTs than were planned.
    case exhausted(asked: Int, left: Int)

    public var description: String {
        switch self {
        case .wrongMessageSize(let step, let expected, let actual):
            "the peer's message for \(step) has \(actual) bytes where \(expected) are needed; "
                + "check that both parties run the same program"
        case .notAPoint(let index):
            "element \(index) of the peer's message is no point of the curve P-256; "
                + "check that both parties run the same version"
        case .nonzeroPadding(let step):
            "the peer's message for \(step) has set bits after its last one; send the padding bits as zero"
        case .exhausted(let asked, let left):
            "\(asked) correlated OTs are asked for where \(left) of the plan are left; plan for as many as are used"
        }
    }

    static func check(_ bytes: [UInt8], _ expected: Int, _ step: String) throws(ObliviousTransferError) {
        guard bytes.count == expected else {
            throw .wrongMessageSize(step: step, expected: expected, actual: bytes.count)
        }
    }
}

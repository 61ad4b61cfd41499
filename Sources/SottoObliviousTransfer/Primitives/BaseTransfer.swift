import SottoAlgebra
import SottoRandomness

/// Base oblivious transfers: `count` random OTs of 128-bit keys, from which extension grows all others. The protocol is
/// "the simplest OT" of Chou and Orlandi (LATINCRYPT 2015, ePrint 2015/267) on P-256 with SHA-256: secure against
/// semi-honest parties under the computational Diffie-Hellman assumption, with the hash as a random oracle.
///
/// Not more: against malicious parties it is not known to be universally composable, and nothing here relies on that.
/// - Communication: 33 bytes from the sender, `33·count` from the receiver; 2 messages.
public enum BaseTransfer {
    public static let senderBytes = P256.byteCount
    public static func receiverBytes(_ count: Int) -> Int { P256.byteCount * count }

    /// The key of a transfer: SHA-256 of its index, both points of the transcript and the common point.
    fileprivate static func key(
        _ index: Int, _ transcript: [UInt8], _ own: ArraySlice<UInt8>, _ common: [UInt8]
    ) throws -> Block {
        var input = Array("sotto base OT".utf8)
        withUnsafeBytes(of: UInt64(index).littleEndian) { input.append(contentsOf: $0) }
        input += transcript
        input += own
        input += common
        defer { SecretMemory.wipe(&input) }
        return try [Block](bytes: Digest.sha256(input)[..<Block.byteCount])[0]
    }
}

/// The party that gets both keys of every base OT.
public final class BaseTransferSender {
    private let curve: P256
    private let secret: P256.Scalar
    /// `A = a·G`.
    public let message: [UInt8]

    public init(seed: Seed) throws {
        curve = try P256()
        var generator = try PseudorandomGenerator(seed: seed, domain: 0)
        secret = try curve.scalar(&generator)
        message = try curve.bytes(curve.multiplyBase(secret))
    }

    /// Both keys of each transfer, given the receiver's message.
    /// - Throws: ``ObliviousTransferError`` where it is none.
    public func keys(_ reply: [UInt8], count: Int) throws -> [(Block, Block)] {
        try ObliviousTransferError.check(reply, BaseTransfer.receiverBytes(count), "base OTs")
        // k1 = H(a·(B - A)) = H(a·B - a·A).
        let own = try curve.multiplyBase(secret)
        let offset = try curve.negate(curve.multiply(own, secret))
        return try (0..<count).map { index in
            let bytes = reply[index * P256.byteCount..<(index + 1) * P256.byteCount]
            guard let point = try curve.point(bytes) else { throw ObliviousTransferError.notAPoint(index: index) }
            let common = try curve.multiply(point, secret)
            let first = try BaseTransfer.key(index, message, bytes, curve.bytes(common))
            let other = try curve.add(common, offset)
            return (first, try BaseTransfer.key(index, message, bytes, commonBytes(other)))
        }
    }

    /// `B = A` has the point at infinity for its second key: its own bytes, 33 zeros, which are no point's.
    private func commonBytes(_ point: P256.Point) throws -> [UInt8] {
        curve.isInfinite(point) ? [UInt8](repeating: 0, count: P256.byteCount) : try curve.bytes(point)
    }
}

/// The party that gets one key of every base OT, the one that its bit chooses.
public final class BaseTransferReceiver {
    /// `B_i = b_i·G + c_i·A`.
    public let message: [UInt8]
    public let keys: [Block]

    /// - Throws: ``ObliviousTransferError`` where the sender's message is none.
    public init(_ senderMessage: [UInt8], choices: BitVector, seed: Seed) throws {
        try ObliviousTransferError.check(senderMessage, BaseTransfer.senderBytes, "base OTs")
        let curve = try P256()
        guard let point = try curve.point(senderMessage[...]) else { throw ObliviousTransferError.notAPoint(index: 0) }
        var generator = try PseudorandomGenerator(seed: seed, domain: 0)
        var message: [UInt8] = []
        var keys: [Block] = []
        for index in 0..<choices.count {
            let secret = try curve.scalar(&generator)
            let plain = try curve.multiplyBase(secret)
            // Both candidates are computed whatever the choice.
            let candidates = (try curve.bytes(plain), try curve.bytes(curve.add(plain, point)))
            let mask = 0 &- UInt8(choices.bit(index))
            let chosen = zip(candidates.0, candidates.1).map { $0 ^ (mask & ($0 ^ $1)) }
            message += chosen
            let common = try curve.bytes(curve.multiply(point, secret))
            keys.append(try BaseTransfer.key(index, senderMessage, chosen[...], common))
        }
        (self.message, self.keys) = (message, keys)
    }
}

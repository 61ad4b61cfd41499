import SottoAlgebra
import SottoSecureComputation

/// Domains that tests run over.
extension DomainProfile {
    /// `2^127 - 1`, by folding.
    public static let field = field(text: "170141183460469231731687303715884105727")
    /// 100 bits of no shape, by Montgomery's reduction.
    public static let oddField = field(text: "779484405476989733526435328999")
    /// `2^128 - 159`: elements fill their limbs.
    public static let fullField = field(text: "340282366920938463463374607431768211297")
    /// 189 bits, in three limbs.
    public static let wideField = field(text: "535408258170007433691655764301745273891257371787593994691")

    /// The ring, and the field that commands take.
    public static let both: [DomainProfile] = [.ring64, .field]
    public static let fields: [DomainProfile] = [.field, .oddField, .fullField, .wideField]
    public static let all: [DomainProfile] = [.ring64] + fields

    private static func field(text: String) -> DomainProfile { .field(try! PrimeModulus(text)) }

    /// What a ring of `width` bits has; a field has its own.
    public func width(_ width: Int) -> Int { prime?.bits ?? width }
}

/// A party's shares as a field packs them.
struct PackedShares: TensorSource {
    let shares: [String: [UInt8]]

    func tensor(_ name: String) throws -> [Int64] { throw InterpreterError.missingInput(name: name) }

    func packedShare(_ name: String) throws -> [UInt8]? { shares[name] }
}

/// Words of a seeded generator, as domains take them.
public struct SeededWords: UniformWords {
    private var generator: SeededGenerator

    public init(_ seed: UInt64) { generator = SeededGenerator(seed) }

    public mutating func words(_ count: Int) -> [UInt64] { (0..<count).map { _ in generator.next() } }
}

extension PrimeField {
    /// The limbs of `(p - 1) / 2`.
    public var half: [UInt64] {
        let limbs = modulus.limbs
        return limbs.indices.map { limbs[$0] >> 1 | ($0 + 1 < limbs.count ? limbs[$0 + 1] << 63 : 0) }
    }

    /// Elements where sums, shifts and halves change: around 0, p, p/2, and where an offset of `2^(bits - 3)` brings them
    /// there.
    public var awkward: [UInt64] {
        let around = [-2, -1, 0, 1, 2].map { encode([$0]) }
        let centres = [zeros(1), half, add(zeros(1), powerOfTwo: modulus.bits - 2, isNegative: false)]
        let shifted = centres.map { add($0, powerOfTwo: modulus.bits - 3, isNegative: true) }
        return concatenate((centres + shifted).flatMap { centre in around.map { add(centre, $0) } })
    }

    /// Both parties' packed shares of a tensor, of the same kind as those in a ring.
    func shares(of tensor: SharedTensor) throws -> (server: [UInt8], client: [UInt8]) {
        let values = encode(tensor.values)
        let count = tensor.values.count
        var words = SeededWords(0x51 &+ UInt64(count))
        var server: [UInt64]
        switch tensor.kind {
        case .given: server = encode(tensor.server)
        case .uniform: server = try uniform(count: count, width: modulus.bits, from: &words)
        case .adversarial:
            let random = try uniform(count: count, width: modulus.bits, from: &words)
            // The value itself, its complement and its neighbours put the other share where it is awkward.
            let near = concatenate([values, subtract(encode([Int64](repeating: -1, count: count)), values)])
            let choices = self.count(awkward)
            server = concatenate(
                (0..<count).map { index in
                    switch (index * 7 + index / choices) % (2 * choices + 2) {
                    case let pick where pick < choices: slice(awkward, pick..<(pick + 1))
                    case choices: slice(near, index..<(index + 1))
                    case choices + 1: slice(near, (count + index)..<(count + index + 1))
                    default: slice(random, index..<(index + 1))
                    }
                } + [zeros(0)])
        }
        if server.isEmpty { server = zeros(count) }
        return (pack(server, width: modulus.bits), pack(subtract(values, server), width: modulus.bits))
    }
}

/// Primes of all kinds of reduction.
public enum TestPrimes {
    public static let all = [
        "170141183460469231731687303715884105727", "340282366920938463463374607431768211297",
        "779484405476989733526435328999", "535408258170007433691655764301745273891257371787593994691",
        // As far below 2^120 and 2^128 as folding reaches, and 2^255 - 19.
        "1329227995784915872899303460652974111", "340282366920938463463302549837730283627",
        "57896044618658097711785492504343953926634992332820282019728792003956564819949",
    ]
}

import SottoAlgebra
import SottoObliviousTransfer

/// XOR shares of sums of products of bits that the client knows with bits that the server knows, as products of shared bits
/// come apart into: each monomial of the client's bits is what it chooses in one OT, and everything that the server has to
/// multiply it with is in the OT's message.
///
/// A monomial of one bit is an OT's own choice: the client's masks are what the OTs gave. Longer ones are corrected.
/// - Communication: for `n` items, in the first step `ceil(c·n/8)` bytes from the client for `c` monomials of two bits or
///   more, in the second `ceil(p·n/8)` from the server for `p` terms; one correlated OT of the server for each monomial and
///   item.
package struct PrivateMonomials: Sendable, Hashable {
    /// The client's bits of each, of which the first are the single bits in order.
    package let monomials: [[Int]]
    /// Terms of each monomial.
    package let terms: [Int]
    package let count: Int
    private let bits: Int

    /// - Precondition: the first `bits` monomials are the single bits, and as many numbers of terms as monomials.
    package init(bits: Int, longer: [[Int]], terms: [Int], count: Int) {
        monomials = (0..<bits).map { [$0] } + longer
        precondition(terms.count == monomials.count && longer.allSatisfy { $0.count > 1 })
        self.bits = bits
        self.terms = terms
        self.count = count
    }

    package var transfers: ByParty<Int> { ByParty(server: monomials.count * count, client: 0) }

    package var steps: [ByParty<Int>] {
        [
            .only(.client, BitVector.byteCount((monomials.count - bits) * count)),
            .only(.server, BitVector.byteCount(terms.reduce(0, +) * count)),
        ]
    }

    /// The client's bits: what the OTs of single ones have chosen.
    package func clientBits(_ view: TwoPartyView) -> [BitVector] {
        (0..<bits).map { view.received[range($0)].choices }
    }

    private func range(_ monomial: Int) -> Range<Int> { monomial * count..<(monomial + 1) * count }

    /// - Parameters:
    ///   - planes: at the server, the terms of a monomial.
    ///   - finish: takes the shares of all terms, monomial by monomial.
    package func make(
        _ view: TwoPartyView, planes: @escaping (_ monomial: Int) -> [BitVector],
        finish: @escaping ([[BitVector]]) throws -> CorrelationShare<[UInt64]>
    ) -> TwoPartyMaking {
        let run = MonomialRun(self, view)
        return view.party == .server
            ? TwoPartyMaking(
                exchanges: [
                    TwoPartyMaking.Exchange(outgoing: { [] }, incoming: run.receiveFlips),
                    TwoPartyMaking.Exchange(outgoing: { try run.send(planes) }, incoming: run.receiveNothing),
                ], share: { try finish(run.shares) })
            : TwoPartyMaking(
                exchanges: [
                    TwoPartyMaking.Exchange(outgoing: run.sendFlips, incoming: run.receiveNothing),
                    TwoPartyMaking.Exchange(outgoing: { [] }, incoming: run.receive),
                ], share: { try finish(run.shares) })
    }

    /// One party's progress.
    private final class MonomialRun {
        private let monomials: PrivateMonomials
        private let view: TwoPartyView
        private var flips: [BitVector] = []
        private(set) var shares: [[BitVector]] = []

        init(_ monomials: PrivateMonomials, _ view: TwoPartyView) {
            self.monomials = monomials
            self.view = view
        }

        private var longer: Range<Int> { monomials.bits..<monomials.monomials.count }

        func receiveNothing(_ bytes: [UInt8]) throws {
            guard bytes.isEmpty else { throw PackingError.wrongByteCount(expected: 0, actual: bytes.count) }
        }

        /// A monomial of the client's bits.
        private func choice(_ monomial: Int) -> BitVector {
            let bits = monomials.monomials[monomial].map { view.received[monomials.range($0)].choices }
            return bits.dropFirst().reduce(bits[0]) { $0 & $1 }
        }

        func sendFlips() -> [UInt8] {
            BitVector.pack(longer.map { choice($0) ^ view.received[monomials.range($0)].choices })
        }

        func receiveFlips(_ bytes: [UInt8]) throws {
            flips = try BitVector.unpack(bytes, counts: [Int](repeating: monomials.count, count: longer.count))
        }

        func send(_ planes: (Int) -> [BitVector]) throws -> [UInt8] {
            var message: [BitVector] = []
            for monomial in monomials.monomials.indices {
                let part = try PlaneTransfer.send(
                    planes(monomial), view.sent[monomials.range(monomial)],
                    flips: longer.contains(monomial) ? flips[monomial - longer.lowerBound] : nil, view.hash)
                shares.append(part.shares)
                message += part.message
            }
            return BitVector.pack(message)
        }

        func receive(_ bytes: [UInt8]) throws {
            let total = monomials.terms.reduce(0, +)
            var rest = try BitVector.unpack(bytes, counts: [Int](repeating: monomials.count, count: total))[...]
            for (monomial, terms) in monomials.terms.enumerated() {
                shares.append(
                    try PlaneTransfer.receive(
                        Array(rest.prefix(terms)), view.received[monomials.range(monomial)], choices: choice(monomial),
                        view.hash))
                rest = rest.dropFirst(terms)
            }
        }
    }
}

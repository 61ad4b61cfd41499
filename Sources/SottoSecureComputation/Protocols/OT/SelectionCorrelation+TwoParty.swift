import SottoAlgebra
import SottoObliviousTransfer
import SottoPreprocessing

/// Powers of the shared mask by products under the client's encryption, or by OT where they are few, all at once: with `a = a_0 + a_1` everything but
/// `a_1·a_0`, `a_1·a_0^2` and `a_1^2·a_0` is either party's own. Then a multiplexer for every bit and power: of
/// `r = r_0 + r_1 - 2·r_0·r_1` either party's bit chooses what the other's number times `1 - 2r` of its own adds.
extension SelectionCorrelation: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { .both(thresholds * count) + encrypted.transfers }

    /// Products of elements that the powers need.
    private var powerProducts: Int { degree < 2 || !isMasked ? 0 : degree == 2 ? 1 : 3 }

    package var encrypted: EncryptedTerms { EncryptedTerms(elements: powerProducts * count, width: width) }

    /// Numbers that a bit is multiplied with: the server has the one besides the powers.
    private func numbers(of party: Party) -> Int { (isMasked ? degree : 0) + (party == .server ? 1 : 0) }

    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] {
        encrypted.steps(encryption) + [
            ByParty {
                thresholds * numbers(of: $0) * RingTransfer.bytes(count: count, width: width)
            }
        ]
    }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        precondition(degree <= 3, "a selection has degree 3 at most")
        let run = try SelectionMaking(self, view, powerProducts: powerProducts)
        let multiplexers = TwoPartyMaking.Exchange(outgoing: run.send, incoming: run.receive)
        return TwoPartyMaking(exchanges: run.powers.exchanges + [multiplexers], share: run.share)
    }
}

/// One party's progress.
private final class SelectionMaking {
    private let selection: SelectionCorrelation
    private let view: TwoPartyView
    private let ring = Ring64()
    let powers: EncryptedMaking
    private let bits: [BitVector]
    /// Shares of the powers of the mask, from the first.
    private var powerShares: [[UInt64]] = []
    /// By threshold: of the bit times one and times each power.
    private var shares: [[[UInt64]]] = []

    init(_ selection: SelectionCorrelation, _ view: TwoPartyView, powerProducts: Int) throws {
        self.selection = selection
        self.view = view
        let count = selection.count
        bits = (0..<selection.thresholds).map {
            view.received[$0 * count..<($0 + 1) * count].choices
        }
        let own = view.masks.tensors.first ?? []
        let square = Self.product(own, own)
        let factors = view.party == .client ? [own, own, square] : [own, square, own]
        var operands = EncryptedOperands()
        if selection.encrypted.elements != nil {
            operands.elements = factors.prefix(powerProducts).flatMap { $0 }
        }
        powers = try EncryptedMaking(selection.encrypted, view, operands)
    }

    private static func product(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { zip(x, y).map { $0 &* $1 } }

    private var numberOfPowers: Int { selection.isMasked ? selection.degree : 0 }

    private func makePowers() {
        guard let own = view.masks.tensors.first, numberOfPowers > 0 else { return }
        let count = selection.count
        func cross(_ index: Int) -> ArraySlice<UInt64> { powers.elementShare[index * count..<(index + 1) * count] }
        powerShares = [own]
        guard numberOfPowers > 1, count > 0 else {
            powerShares += [[UInt64]](repeating: [], count: numberOfPowers - 1)
            return
        }
        let square = Self.product(own, own)
        powerShares.append(zip(square, cross(0)).map { $0 &+ 2 &* $1 })
        guard numberOfPowers > 2 else { return }
        powerShares.append(
            zip(Self.product(square, own), zip(cross(1), cross(2))).map { $0 &+ 3 &* ($1.0 &+ $1.1) })
    }

    /// What a bit is multiplied with, of this party.
    private var numbers: [[UInt64]] {
        (view.party == .server ? [[UInt64](repeating: 1, count: selection.count)] : []) + powerShares
    }

    func send() throws -> [UInt8] {
        makePowers()
        let (count, width) = (selection.count, selection.width)
        var message: [UInt8] = []
        for threshold in 0..<selection.thresholds {
            let transfers = view.sent[threshold * count..<(threshold + 1) * count]
            let signs = ring.fromBits(bits[threshold]).map { 1 &- 2 &* $0 }
            let own = ring.fromBits(bits[threshold])
            var products: [[UInt64]] = view.party == .server ? [] : [[UInt64](repeating: 0, count: count)]
            for (lane, number) in numbers.enumerated() {
                let (share, part) = try RingTransfer.send(
                    Self.product(signs, number), width: width, transfers, lane: lane, view.hash)
                message += part
                products.append(ring.add(share, Self.product(own, number)))
            }
            shares.append(products)
        }
        return message
    }

    func receive(_ bytes: [UInt8]) throws {
        let (count, width) = (selection.count, selection.width)
        let size = RingTransfer.bytes(count: count, width: width)
        // The server multiplies bits with one, the client does not.
        let first = view.party == .client ? 0 : 1
        var rest = bytes[...]
        for threshold in 0..<selection.thresholds {
            let transfers = view.received[threshold * count..<(threshold + 1) * count]
            for lane in 0..<numberOfPowers + 1 - first {
                let share = try RingTransfer.receive(
                    Array(rest.prefix(size)), width: width, transfers, lane: lane, view.hash)
                rest = rest.dropFirst(size)
                shares[threshold][lane + first] = ring.add(shares[threshold][lane + first], share)
            }
        }
    }

    func share() throws -> CorrelationShare<[UInt64]> {
        // Without thresholds nothing was sent that needed them.
        if powerShares.isEmpty { makePowers() }
        let mask = Ring64.mask(selection.width)
        let products = powerShares.dropFirst().flatMap { $0 } + shares.flatMap { $0.flatMap { $0 } }
        return CorrelationShare(
            masks: CorrelationMaterial(bits: bits, tensors: view.masks.tensors),
            products: CorrelationMaterial(tensors: [products.map { $0 & mask }]))
    }
}

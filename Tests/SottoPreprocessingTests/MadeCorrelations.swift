import Foundation
import SottoAlgebra
import SottoApproximation
import SottoPreprocessing
import SottoSecureComputation
import TestSupport
import Testing

/// Both parties' shares of a plan's correlations, whoever made them, and whether they satisfy their defining equations.
struct MadeCorrelations<Domain: ShareDomain> where Domain.Elements == [UInt64] {
    let domain: Domain
    let plan: CorrelationPlan
    /// The server's.
    let weights: [[UInt64]]
    let shares: ByParty<[CorrelationShare<[UInt64]>]>

    /// The first tensor of either party's masks; none counts as empty.
    func masks(_ index: Int) -> ByParty<[UInt64]> { shares.map { $0[index].masks.tensors.first ?? [] } }

    func products(_ index: Int) -> ByParty<[UInt64]> { shares.map { $0[index].products.tensors[0] } }
}

extension MadeCorrelations {
    private func sum(_ shares: ByParty<[UInt64]>) -> [UInt64] { domain.add(shares.server, shares.client) }

    /// Whether the bits that travel are equal.
    private func agree(_ x: [UInt64], _ y: [UInt64], _ width: Int) -> Bool {
        x.count == y.count && domain.pack(x, width: width) == domain.pack(y, width: width)
    }

    func check() throws {
        for (index, correlation) in plan.correlations.enumerated() { try check(correlation, index) }
    }

    private func check(_ correlation: any Correlation, _ index: Int) throws {
        let shares = shares.map { $0[index] }
        switch correlation {
        case let kind as RingMask:
            for share in masks(index).values {
                #expect(domain.count(share) == kind.count)
                let packed = domain.pack(share, width: kind.width)
                #expect(try domain.unpack(packed, count: kind.count, width: kind.width) == share)
            }
        case let kind as ClientMask:
            #expect(masks(index).map { domain.count($0) } == ByParty(server: 0, client: kind.count))
        case let kind as BeaverProductCorrelation:
            let x = domain.apply(kind.left.maps, to: sum(masks(kind.left.masks[0])))
            let y = domain.apply(kind.right.maps, to: sum(masks(kind.right.masks[0])))
            let product = domain.product(x, y, shape: kind.shape, threads: 1)
            #expect(agree(sum(products(index)), product, kind.width), "\(kind)")
        case let kind as ServerProductCorrelation:
            let r = domain.apply(kind.mask.maps, to: masks(kind.mask.masks[0]).client)
            let w = domain.apply(kind.weight.maps, to: weights[kind.weight.weight])
            let product = domain.product(r, w, shape: kind.shape, threads: 1)
            #expect(agree(sum(products(index)), product, kind.width), "\(kind)")
        case let kind as CorrelatedOT:
            let bits = shares.map { $0.masks.bits[0] }
            #expect(bits.server.count == kind.count && bits.client.count == kind.count)
            #expect(agree(sum(products(index)), domain.fromBits(bits.server & bits.client), kind.width))
        case let kind as MillionairesLeaves: checkLeaves(kind, shares)
        case let kind as BitProducts: checkBits(kind, shares)
        case let kind as SelectionCorrelation: checkSelection(kind, shares, index)
        case let kind as FactorTriples:
            let bits = zip(shares.server.masks.bits, shares.client.masks.bits).map { $0 ^ $1 }
            #expect(bits.count == kind.lanes.count + kind.lanes.reduce(0, +))
            let products = zip(shares.server.products.bits, shares.client.products.bits).map { $0 ^ $1 }
            #expect(products == kind.products(bits))
        case let kind as PrivateBitProducts:
            #expect(shares.values.allSatisfy { $0.masks.bits.count == kind.planes })
            for plane in 0..<kind.planes {
                let product = shares.server.products.bits[plane] ^ shares.client.products.bits[plane]
                #expect(product == shares.server.masks.bits[plane] & shares.client.masks.bits[plane])
            }
        case let kind as BitNumberProducts: checkBitNumbers(kind, shares)
        case let kind as BitRowProducts: checkBitRows(kind, shares)
        case let kind as MaskIndicators:
            checkIndicators(kind, shares, mask: sum(masks(kind.mask.masks[0])))
        case let kind as MaskedSumCorrelation: checkSum(kind, shares, mask: sum(masks(kind.mask.masks[0])))
        default: Issue.record("\(correlation) is of no known kind")
        }
    }

    private func checkLeaves(_ kind: MillionairesLeaves, _ shares: ByParty<CorrelationShare<[UInt64]>>) {
        let (alpha, beta) = (shares.server.masks.bits, shares.client.masks.bits)
        #expect(alpha.count == kind.thresholds * kind.bits && beta.count == kind.bits)
        for threshold in 0..<kind.thresholds {
            let products = MillionairesLeaves.products(
                of: Array(alpha[(threshold * kind.bits)..<((threshold + 1) * kind.bits)]), beta)
            #expect(products.count == kind.productsOfThreshold)
            for (place, product) in products.enumerated() {
                let index = threshold * kind.productsOfThreshold + place
                #expect(shares.server.products.bits[index] ^ shares.client.products.bits[index] == product)
            }
        }
    }

    private func checkBits(_ kind: BitProducts, _ shares: ByParty<CorrelationShare<[UInt64]>>) {
        let masks = zip(shares.server.masks.bits, shares.client.masks.bits).map { $0 ^ $1 }
        #expect(masks.count == kind.copies * kind.planes)
        for copy in 0..<kind.copies {
            let own = masks[(copy * kind.planes)..<((copy + 1) * kind.planes)].map { $0 }
            for (place, subset) in kind.subsets.enumerated() {
                let ones = BitVector(repeating: true, count: kind.count)
                let product = own.indices.reduce(ones) { subset >> UInt32($1) & 1 == 1 ? $0 & own[$1] : $0 }
                let index = copy * kind.subsets.count + place
                #expect(shares.server.products.bits[index] ^ shares.client.products.bits[index] == product)
            }
        }
    }

    private func checkSelection(
        _ kind: SelectionCorrelation, _ shares: ByParty<CorrelationShare<[UInt64]>>, _ index: Int
    ) {
        #expect(shares.server.masks.bits.count == kind.thresholds)
        #expect(shares.values.allSatisfy { $0.masks.tensors.isEmpty != kind.isMasked })
        let bits = zip(shares.server.masks.bits, shares.client.masks.bits).map { $0 ^ $1 }
        let mask = kind.isMasked ? sum(masks(index)) : nil
        func product(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
            domain.product(x, y, shape: .elementwise(count: kind.count), threads: 1)
        }
        let ones = domain.encode([Int64](repeating: 1, count: kind.count))
        let powers = (0..<kind.degree).reduce(into: [ones]) { powers, _ in
            powers.append(product(powers.last!, mask!))
        }
        let expected = domain.concatenate(
            Array(powers.dropFirst(2))
                + bits.flatMap { bit in powers.map { product($0, domain.fromBits(bit)) } } + [domain.zeros(0)])
        #expect(agree(sum(products(index)), expected, kind.width))
    }

    private func checkBitNumbers(_ kind: BitNumberProducts, _ shares: ByParty<CorrelationShare<[UInt64]>>) {
        for party in Party.allCases {
            #expect(shares[party].masks.tensors.count == kind.widths[party].count)
            for (place, width) in kind.widths[party].enumerated() {
                let numbers = shares[party].masks.tensors[place]
                let bits = domain.fromBits(shares[party.peer].masks.bits[place])
                let first = party == .server ? 0 : kind.widths.server.count
                let product = sum(shares.map { $0.products.tensors[first + place] })
                let expected = domain.product(
                    numbers, bits, shape: .elementwise(count: kind.count), threads: 1)
                #expect(agree(product, expected, width))
            }
        }
    }

    private func checkBitRows(_ kind: BitRowProducts, _ shares: ByParty<CorrelationShare<[UInt64]>>) {
        let (bits, numbers) = (shares.client.masks.bits[0], shares.server.masks.tensors[0])
        let size = kind.count * kind.columns
        #expect(bits.count == kind.count && domain.count(numbers) == size)
        let along = domain.apply(
            .segmentBroadcast(Segments(rows: kind.count, columns: kind.columns)), to: domain.fromBits(bits))
        let expected = domain.product(numbers, along, shape: .elementwise(count: size), threads: 1)
        #expect(agree(sum(shares.map { $0.products.tensors[0] }), expected, kind.width))
    }

    /// Digit after digit, the longest first, and there element after element.
    private func checkIndicators(
        _ kind: MaskIndicators, _ shares: ByParty<CorrelationShare<[UInt64]>>, mask: [UInt64]
    ) {
        let found = shares.server.products.bits[0] ^ shares.client.products.bits[0]
        var expected: [Bool] = []
        for digit in kind.digits.sorted(by: { $0.bits > $1.bits }) {
            for word in mask {
                let value = word >> UInt64(digit.low) & (1 << UInt64(digit.bits) - 1)
                expected += (0..<(1 << digit.bits)).map { UInt64($0) == value }
            }
        }
        #expect((0..<found.count).map { found[$0] } == expected)
    }

    private func checkSum(
        _ kind: MaskedSumCorrelation, _ shares: ByParty<CorrelationShare<[UInt64]>>, mask: [UInt64]
    ) {
        let bits = zip(shares.server.masks.bits, shares.client.masks.bits).map { $0 ^ $1 }
        #expect(bits.count == kind.terms.count)
        for (place, (part, width)) in kind.parts.enumerated() {
            let expected: [UInt64] =
                switch part {
                case .secretPart(let function): secretPart(kind.functions[function], mask)
                case .bit(let term): domain.fromBits(bits[term])
                case .product(let term):
                    zip(secretPart(kind.functions[kind.terms[term].function], mask), domain.fromBits(bits[term]))
                        .map { $0 &* $1 }
                }
            #expect(agree(sum(shares.map { $0.products.tensors[place] }), expected, width), "\(part)")
        }
    }

    /// In double precision, up to the rounding of exponentials, which are checked to be near before they are taken.
    private func secretPart(_ function: MaskFunction, _ mask: [UInt64]) -> [UInt64] {
        let found = function.secretPart(mask)
        for (word, found) in zip(mask, found) {
            switch function {
            case .one: break
            case .value: #expect(found == word)
            case .digit(let digit, _, _, _): #expect(found == word >> UInt64(digit.low) & (1 << UInt64(digit.bits) - 1))
            case .exponential(let carry):
                let scale = carry ? FixedPointExponential.secretScales.carry : FixedPointExponential.secretScales.plain
                let exact = exp(Double(word & 0xFFFFF) / 65536 + 0x1p-16 - 16) * Double(1 << scale)
                #expect(abs(Double(found) - exact) < 0.51 + exact * 0x1p-40)
            }
        }
        return found
    }
}

import Foundation
import SottoAlgebra
import SottoApproximation
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

/// Both parties' shares of every kind of correlation satisfy its defining equation.
@Suite struct CorrelationTests {
    private let domain = Ring64()

    fileprivate struct Dealt<Domain: ShareDomain> where Domain.Elements == [UInt64] {
        let domain: Domain
        let plan: CorrelationPlan
        let weights: [[UInt64]]
        let sources: ByParty<DealtCorrelations<Domain>>
        var shares: ByParty<[CorrelationShare<[UInt64]>]> = .both([])

        /// - Parameter order: the order in which either party takes the items.
        init(_ domain: Domain, count: Int, width: Int, seed: UInt64, order: ByParty<[Int]>? = nil) throws {
            let plan = CorrelationExamples.plan(count: count, width: width, isOfRing: domain is Ring64)
            self.domain = domain
            self.plan = plan
            weights = try CorrelationExamples.weights(plan, domain, seed: seed)
            let dealer = try InsecureInProcessDealer(domain: domain, seeds: InsecureSeededSource(seed))
            let masked = try zip(plan.weights.indices, weights).map {
                try dealer.weightMasks.masked(plan.weights[$0], index: $0, value: $1, in: domain)
            }
            sources = ByParty(
                server: dealer.source(.server, plan: plan),
                client: dealer.source(.client, plan: plan, maskedWeights: masked))
            for party in Party.allCases {
                var taken: [Int: CorrelationShare<[UInt64]>] = [:]
                for index in order?[party] ?? Array(plan.correlations.indices) {
                    taken[index] = try sources[party].take(index)
                }
                shares[party] = plan.correlations.indices.map { taken[$0]! }
            }
        }

        /// The first tensor of either party's masks; none counts as empty.
        func masks(_ index: Int) -> ByParty<[UInt64]> { shares.map { $0[index].masks.tensors.first ?? [] } }

        func products(_ index: Int) -> ByParty<[UInt64]> { shares.map { $0[index].products.tensors[0] } }
    }

    @Test(arguments: CorrelationExamples.counts)
    func everyEquationHolds(count: Int) throws {
        for (seed, width) in CorrelationExamples.widths.enumerated() {
            try Dealt(domain, count: count, width: width, seed: UInt64(seed + 100 * count)).check()
        }
    }

    @Test(arguments: CorrelationExamples.counts, CorrelationExamples.primes)
    func everyEquationHoldsInAField(count: Int, prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        try Dealt(field, count: count, width: field.modulus.bits, seed: UInt64(count)).check()
    }

    @Test func orderDoesNotMatter() throws {
        let straight = try Dealt(domain, count: 33, width: 31, seed: 7)
        let indices = Array(straight.plan.correlations.indices)
        var generator = SeededGenerator(1)
        let shuffled = try Dealt(
            domain, count: 33, width: 31, seed: 7,
            order: ByParty(server: indices.reversed(), client: indices.shuffled(using: &generator)))
        for party in Party.allCases {
            for index in indices {
                #expect("\(straight.shares[party][index])" == "\(shuffled.shares[party][index])")
            }
        }
    }

    @Test func everyItemServesOnce() throws {
        let dealt = try Dealt(domain, count: 5, width: 20, seed: 3)
        for source in dealt.sources.values {
            for index in dealt.plan.correlations.indices {
                #expect(throws: PreprocessingError.alreadyUsed(index: index)) { try source.take(index) }
            }
            let count = dealt.plan.correlations.count
            for index in [count, count + 7, -1, .max, .min] {
                #expect(throws: PreprocessingError.notInPlan(index: index, count: count)) { try source.take(index) }
            }
        }
    }

    @Test func receivedBytesAreTheDeclaredOnes() throws {
        for (count, width) in [(0, 9), (9, 7), (64, 64)] {
            let dealt = try Dealt(domain, count: count, width: width, seed: 3)
            for (index, correlation) in dealt.plan.correlations.enumerated() {
                #expect(dealt.sources.server.receivedBytes[index] ?? 0 == correlation.correctionBytes.server)
                #expect(correlation.correctionBytes.client == 0)
            }
            #expect(dealt.sources.client.receivedBytes.isEmpty)
        }
    }

    /// A field has no digits of shares; whoever asks for them is told so.
    @Test func tablesAreForRings() throws {
        let field = PrimeField(try PrimeModulus(CorrelationExamples.primes[0]))
        let mask = CorrelationHandle(index: 0, kind: RingMask(count: 3, width: field.modulus.bits))
        let kinds: [any Correlation] = [
            MaskIndicators(mask: MaskView(mask), count: 3, width: 64, digits: [MaskDigit(low: 0, bits: 2)]),
            MaskedSumCorrelation(
                mask: MaskView(mask), count: 3, width: 64, functions: [.value],
                terms: [MaskedTerm(function: 0, exponent: 0)]),
        ]
        let dealer = try InsecureInProcessDealer(domain: field, seeds: InsecureSeededSource(1))
        for kind in kinds {
            let source = dealer.source(.server, plan: CorrelationPlan(correlations: [mask.kind, kind], weights: []))
            #expect(throws: InterpreterError.foreignDomain(domain: field.name, need: "digits of shares")) {
                try source.take(1)
            }
        }
    }

    @Test func maskedWeightsAreNeeded() throws {
        let plan = CorrelationExamples.plan(count: 4, width: 20)
        let dealer = try InsecureInProcessDealer(domain: Ring64(), seeds: InsecureSeededSource(1))
        let client = dealer.source(.client, plan: plan)
        for (index, correlation) in plan.correlations.enumerated() {
            guard let product = correlation as? ServerProductCorrelation else { continue }
            let name = plan.weights[product.weight.weight].name
            #expect(throws: PreprocessingError.missingWeight(name: name)) {
                try client.take(index)
            }
        }
    }

    /// Corrections that are too short, too long or not canonical are refused.
    @Test func malformedCorrections() throws {
        final class Stream: CorrectionStream {
            let isDealer = true
            let change: ([UInt8]) -> [UInt8]
            let engine: DealerEngine<Ring64>

            init(_ engine: DealerEngine<Ring64>, _ change: @escaping ([UInt8]) -> [UInt8]) {
                (self.engine, self.change) = (engine, change)
            }

            func corrections(_ index: Int, byteCount: Int) throws -> [UInt8] {
                change(try engine.corrections(index) ?? [])
            }
        }
        var seeds = InsecureSeededSource(4)
        let parties = ByParty(server: try seeds.nextSeed(), client: try seeds.nextSeed())
        let plan = CorrelationExamples.plan(count: 3, width: 11)
        let engine = DealerEngine(
            domain: domain, plan: plan, seeds: parties,
            weightMasks: WeightMasks(domain: domain, seed: try seeds.nextSeed()))
        for (index, correlation) in plan.correlations.enumerated() where correlation.correctionBytes.server > 0 {
            for change in [{ Array($0.dropLast()) }, { $0 + [0] }, { _ in [] }] as [([UInt8]) -> [UInt8]] {
                let source = DealtCorrelations(
                    domain: domain, plan: plan, party: .server, seed: parties.server, stream: Stream(engine, change),
                    maskedWeights: [])
                #expect(throws: PackingError.self) { try source.take(index) }
                // What failed once is spent.
                #expect(throws: PreprocessingError.alreadyUsed(index: index)) { try source.take(index) }
            }
        }
    }
}

extension CorrelationTests.Dealt {
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

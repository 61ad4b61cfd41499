import SottoPreprocessing
import TestSupport
import Testing

/// Both parties' shares of every kind of correlation satisfy its defining equation.
@Suite struct CorrelationTests {
    private let domain = Ring64()

    fileprivate struct Dealt<Domain: ShareDomain> where Domain.Elements == [UInt64] {
        let domain: Domain
        let plan: CorrelationPlan
        let weights: [[UInt64]]
        let sources: [DealtCorrelations<Domain>]
        var shares: [[CorrelationShare<[UInt64]>]] = []

        /// - Parameter order: the order in which either party takes the items.
        init(_ domain: Domain, count: Int, width: Int, seed: UInt64, order: [[Int]]? = nil) throws {
            let plan = CorrelationExamples.plan(count: count, width: width)
            self.domain = domain
            self.plan = plan
            weights = try CorrelationExamples.weights(plan, domain, seed: seed)
            let dealer = try InsecureInProcessDealer(domain: domain, plan: plan, seeds: InsecureSeededSource(seed))
            let masked = try zip(plan.weights.indices, weights).map {
                try dealer.weightMasks.masked(plan.weights[$0], index: $0, value: $1)
            }
            sources = [dealer.source(party: 0), dealer.source(party: 1, maskedWeights: masked)]
            for party in 0...1 {
                var taken: [Int: CorrelationShare<[UInt64]>] = [:]
                for index in order?[party] ?? Array(plan.correlations.indices) {
                    taken[index] = try sources[party].take(index)
                }
                shares.append(plan.correlations.indices.map { taken[$0]! })
            }
        }

        func elements(_ index: Int) throws -> [[UInt64]] {
            try shares.map {
                guard case .elements(let elements) = $0[index] else { throw PreprocessingError.wrongKind(index: index) }
                return elements
            }
        }
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
            order: [indices.reversed(), indices.shuffled(using: &generator)])
        for party in 0...1 {
            for index in indices {
                #expect("\(straight.shares[party][index])" == "\(shuffled.shares[party][index])")
            }
        }
    }

    @Test func everyItemServesOnce() throws {
        let dealt = try Dealt(domain, count: 5, width: 20, seed: 3)
        for source in dealt.sources {
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
                #expect(dealt.sources[0].receivedBytes[index] ?? 0 == correlation.dealerBytes[0])
                #expect(correlation.dealerBytes[1] == 0)
            }
            #expect(dealt.sources[1].receivedBytes.isEmpty)
        }
    }

    @Test func maskedWeightsAreNeeded() throws {
        let plan = CorrelationExamples.plan(count: 4, width: 20)
        let dealer = try InsecureInProcessDealer(domain: Ring64(), plan: plan, seeds: InsecureSeededSource(1))
        let client = dealer.source(party: 1)
        for (index, correlation) in plan.correlations.enumerated() {
            guard case .serverProduct(_, let weight, _, _) = correlation else { continue }
            #expect(throws: PreprocessingError.missingWeight(name: plan.weights[weight.weight].name)) {
                try client.take(index)
            }
        }
    }

    /// Corrections that are too short, too long or not canonical are refused.
    @Test func malformedCorrections() throws {
        final class Stream: CorrectionStream {
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
        let parties = [try seeds.nextSeed(), try seeds.nextSeed()]
        let plan = CorrelationExamples.plan(count: 3, width: 11)
        let engine = DealerEngine(
            domain: domain, plan: plan, seeds: parties,
            weightMasks: WeightMasks(domain: domain, seed: try seeds.nextSeed()))
        for (index, correlation) in plan.correlations.enumerated() where correlation.dealerBytes[0] > 0 {
            for change in [{ Array($0.dropLast()) }, { $0 + [0] }, { _ in [] }] as [([UInt8]) -> [UInt8]] {
                let source = DealtCorrelations(
                    domain: domain, plan: plan, party: 0, seed: parties[0], stream: Stream(engine, change),
                    maskedWeights: [])
                #expect(throws: PackingError.self) { try source.take(index) }
                // What failed once is spent.
                #expect(throws: PreprocessingError.alreadyUsed(index: index)) { try source.take(index) }
            }
        }
    }
}

extension CorrelationTests.Dealt {
    private func sum(_ shares: [[UInt64]]) -> [UInt64] { domain.add(shares[0], shares[1]) }

    /// Whether the bits that travel are equal.
    private func agree(_ x: [UInt64], _ y: [UInt64], _ width: Int) -> Bool {
        x.count == y.count && domain.pack(x, width: width) == domain.pack(y, width: width)
    }

    func check() throws {
        for (index, correlation) in plan.correlations.enumerated() { try check(correlation, index) }
    }

    private func check(_ correlation: Correlation, _ index: Int) throws {
        switch correlation {
        case .ringMask(let count, let width):
            for share in try elements(index) {
                #expect(domain.count(share) == count)
                #expect(try domain.unpack(domain.pack(share, width: width), count: count, width: width) == share)
            }
        case .clientMask(let count, _):
            #expect(try elements(index).map { domain.count($0) } == [0, count])
        case .beaverProduct(let left, let right, let shape, let width):
            let x = domain.apply(left.maps, to: sum(try elements(left.mask)))
            let y = domain.apply(right.maps, to: sum(try elements(right.mask)))
            #expect(
                agree(sum(try elements(index)), domain.product(x, y, shape: shape, threads: 1), width),
                "\(correlation)")
        case .serverProduct(let mask, let weight, let shape, let width):
            let r = domain.apply(mask.maps, to: try elements(mask.mask)[1])
            let w = domain.apply(weight.maps, to: weights[weight.weight])
            #expect(
                agree(sum(try elements(index)), domain.product(r, w, shape: shape, threads: 1), width),
                "\(correlation)")
        default: try checkBits(correlation, shares[0][index], shares[1][index])
        }
    }

    private func checkBits(
        _ correlation: Correlation, _ first: CorrelationShare<[UInt64]>, _ second: CorrelationShare<[UInt64]>
    ) throws {
        switch (correlation, first, second) {
        case (.correlatedOT(let count, let width), .correlatedOT(let a, let p), .correlatedOT(let c, let q)):
            #expect(a.count == count && c.count == count)
            #expect(agree(sum([p, q]), domain.fromBits(a & c), width))
        case (.millionairesLeaves(_, let bits, let thresholds), .leaves(let alpha, let p), .leaves(let beta, let q)):
            #expect(alpha.count == thresholds && beta.count == 1)
            for threshold in 0..<thresholds {
                let products = MillionairesLeaf.products(of: alpha[threshold], beta[0])
                #expect(products.count == MillionairesLeaf.productCount(bits: bits))
                #expect(zip(p[threshold], q[threshold]).map { $0 ^ $1 } == products)
            }
        case (
            .bitProducts(_, let copies, let planes, let subsets), .bitProducts(let m, let p), .bitProducts(let n, let q)
        ):
            #expect(m.count == copies && p.count == copies)
            for copy in 0..<copies {
                #expect(m[copy].count == planes)
                let masks = zip(m[copy], n[copy]).map { $0 ^ $1 }
                for (index, subset) in subsets.enumerated() {
                    let ones = BitVector(repeating: true, count: masks[0].count)
                    let product = masks.indices.reduce(ones) { subset >> UInt32($1) & 1 == 1 ? $0 & masks[$1] : $0 }
                    #expect(p[copy][index] ^ q[copy][index] == product)
                }
            }
        case (
            .selection(let count, let thresholds, let degree, let isMasked, let width),
            .selection(let r0, let a0, let p),
            .selection(let r1, let a1, let q)
        ):
            #expect(r0.count == thresholds && (a0 != nil) == isMasked && (a1 != nil) == isMasked)
            let bits = zip(r0, r1).map { $0 ^ $1 }
            let mask = a0.map { sum([$0, a1!]) }
            func product(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
                domain.product(x, y, shape: .elementwise(count: count), threads: 1)
            }
            let ones = domain.encode([Int64](repeating: 1, count: count))
            let powers = (0..<degree).reduce(into: [ones]) { powers, _ in powers.append(product(powers.last!, mask!)) }
            let expected = domain.concatenate(
                Array(powers.dropFirst(2))
                    + bits.flatMap { bit in powers.map { product($0, domain.fromBits(bit)) } } + [domain.zeros(0)])
            #expect(agree(sum([p, q]), expected, width))
        default: Issue.record("\(correlation) came as another kind")
        }
    }
}

import Algebra
import Preprocessing
import Randomness
import TestSupport
import Testing

/// Both parties' shares of every kind of correlation satisfy its defining equation.
@Suite struct CorrelationTests {
    private let domain = Ring64()

    private struct Dealt {
        let plan: CorrelationPlan
        let weights: [[UInt64]]
        let sources: [DealtCorrelations<Ring64>]
        var shares: [[CorrelationShare<[UInt64]>]] = []

        /// - Parameter order: the order in which either party takes the items.
        init(count: Int, width: Int, seed: UInt64, order: [[Int]]? = nil) throws {
            let plan = CorrelationExamples.plan(count: count, width: width)
            self.plan = plan
            weights = CorrelationExamples.weights(plan, seed: seed)
            let dealer = try InsecureInProcessDealer(domain: Ring64(), plan: plan, seeds: InsecureSeededSource(seed))
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

    private func sum(_ shares: [[UInt64]]) -> [UInt64] { zip(shares[0], shares[1]).map { $0 &+ $1 } }

    private func agree(_ x: [UInt64], _ y: [UInt64], _ width: Int) -> Bool {
        x.count == y.count && domain.decode(x, width: width) == domain.decode(y, width: width)
    }

    @Test(arguments: CorrelationExamples.counts)
    func everyEquationHolds(count: Int) throws {
        for (seed, width) in CorrelationExamples.widths.enumerated() {
            let dealt = try Dealt(count: count, width: width, seed: UInt64(seed + 100 * count))
            for (index, correlation) in dealt.plan.correlations.enumerated() {
                try check(correlation, index, dealt)
            }
        }
    }

    private func check(_ correlation: Correlation, _ index: Int, _ dealt: Dealt) throws {
        switch correlation {
        case .ringMask(let count, let width):
            for share in try dealt.elements(index) {
                #expect(share.count == count)
                #expect(width == 64 || share.allSatisfy { $0 >> UInt64(width) == 0 })
            }
        case .clientMask(let count, _):
            #expect(try dealt.elements(index).map(\.count) == [0, count])
        case .beaverProduct(let left, let right, let shape, let width):
            let x = domain.apply(left.maps, to: sum(try dealt.elements(left.mask)))
            let y = domain.apply(right.maps, to: sum(try dealt.elements(right.mask)))
            #expect(
                agree(sum(try dealt.elements(index)), domain.product(x, y, shape: shape, threads: 1), width),
                "\(correlation)")
        case .serverProduct(let mask, let weight, let shape, let width):
            let r = domain.apply(mask.maps, to: try dealt.elements(mask.mask)[1])
            let w = domain.apply(weight.maps, to: dealt.weights[weight.weight])
            #expect(
                agree(sum(try dealt.elements(index)), domain.product(r, w, shape: shape, threads: 1), width),
                "\(correlation)")
        default: try checkBits(correlation, dealt.shares[0][index], dealt.shares[1][index])
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
            var expected: [UInt64] = []
            func power(_ i: Int, _ j: Int) -> UInt64 { (0..<j).reduce(1) { value, _ in value &* (mask?[i] ?? 0) } }
            for j in stride(from: 2, through: degree, by: 1) { expected += (0..<count).map { power($0, j) } }
            for bit in bits {
                for j in 0...degree { expected += (0..<count).map { bit[$0] ? power($0, j) : 0 } }
            }
            #expect(agree(sum([p, q]), expected, width))
        default: Issue.record("\(correlation) came as another kind")
        }
    }

    @Test func orderDoesNotMatter() throws {
        let straight = try Dealt(count: 33, width: 31, seed: 7)
        let indices = Array(straight.plan.correlations.indices)
        var generator = SeededGenerator(1)
        let shuffled = try Dealt(
            count: 33, width: 31, seed: 7,
            order: [indices.reversed(), indices.shuffled(using: &generator)])
        for party in 0...1 {
            for index in indices {
                #expect("\(straight.shares[party][index])" == "\(shuffled.shares[party][index])")
            }
        }
    }

    @Test func everyItemServesOnce() throws {
        let dealt = try Dealt(count: 5, width: 20, seed: 3)
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
            let dealt = try Dealt(count: count, width: width, seed: 3)
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

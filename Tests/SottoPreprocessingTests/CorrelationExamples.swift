import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation
import TestSupport

/// Plans with every kind of correlation, in odd sizes.
enum CorrelationExamples {
    static let counts = [0, 1, 7, 8, 63, 64, 65, 130]
    static let widths = [1, 2, 5, 8, 17, 31, 32, 33, 63, 64]

    /// One item of each kind, with the masks that it refers to before it or after it; those of tables are for a ring and a dealer.
    static func plan(count: Int, width: Int, hasTables: Bool = true) -> CorrelationPlan {
        let transpose = LinearMap.permute(shape: [3, 5], order: [1, 0])
        let broadcast = LinearMap.segmentBroadcast(Segments(rows: count, columns: 2))
        func ring(_ index: Int, _ count: Int, _ width: Int) -> CorrelationHandle<RingMask> {
            CorrelationHandle(index: index, kind: RingMask(count: count, width: width))
        }
        func client(_ index: Int) -> MaskView<ClientMask> {
            MaskView(CorrelationHandle(index: index, kind: ClientMask(count: 15, width: width)))
        }
        let (first, second, third) = (ring(0, count, width), ring(1, count, 64), ring(2, 15, width))
        let correlations: [any Correlation] = [
            first.kind, second.kind, third.kind,
            ClientMask(count: count, width: width),  // 3
            ClientMask(count: 15, width: width),
            BeaverProductCorrelation(
                left: MaskView(first), right: MaskView(second), shape: .elementwise(count: count), width: width),
            BeaverProductCorrelation(
                left: MaskView(first), right: MaskView(first), shape: .rowDots(rows: 1, columns: count), width: width),
            BeaverProductCorrelation(
                left: MaskView(third), right: MaskView(third, maps: [transpose]),
                shape: .matrix(batch: 1, m: 3, k: 5, n: 3), width: width),
            BeaverProductCorrelation(
                left: MaskView(first, maps: [broadcast]), right: MaskView(second, maps: [broadcast]),
                shape: .elementwise(count: 2 * count), width: width),
            ServerProductCorrelation(
                mask: client(4), weight: WeightView(weight: 0), shape: .matrix(batch: 1, m: 3, k: 5, n: 2),
                width: width),
            ServerProductCorrelation(
                mask: client(4), weight: WeightView(weight: 1, maps: [transpose]),
                shape: .matrix(batch: 1, m: 3, k: 5, n: 3), width: width),
            ServerProductCorrelation(
                // A mask that the plan lists later.
                mask: client(12), weight: WeightView(weight: 1), shape: .elementwise(count: 15), width: width),
            ClientMask(count: 15, width: width),  // 12
            CorrelatedOT(count: count, width: width),
            MillionairesLeaves(count: count, bits: min(width, 9), thresholds: 3),
            BitProducts(count: count, copies: 2, planes: 4, subsets: [0b0011, 0b0101, 0b1110, 0b1111]),
            BitProducts(count: count, copies: 0, planes: 3, subsets: [0b011]),
            SelectionCorrelation(count: count, thresholds: 3, degree: 3, isMasked: true, width: width),
            SelectionCorrelation(count: count, thresholds: 2, degree: 1, isMasked: true, width: width),
            SelectionCorrelation(count: count, thresholds: 0, degree: 2, isMasked: true, width: width),
            SelectionCorrelation(count: count, thresholds: 4, degree: 0, isMasked: false, width: width),
            FactorTriples(count: count, lanes: [1, 3, 0, 130]),
            FactorTriples(count: count, lanes: []),
            PrivateBitProducts(count: count, planes: 5),
            BitNumberProducts(count: count, widths: ByParty(server: [width, width, width], client: [width])),
            BitRowProducts(count: count, columns: 5, width: width),
            BitRowProducts(count: 3, columns: count, width: width),
        ]
        let tables: [any Correlation] = [
            MaskIndicators(
                mask: MaskView(second), count: count, width: 64,
                digits: [MaskDigit(low: 3, bits: 7), MaskDigit(low: 10, bits: 1), MaskDigit(low: 58, bits: 6)]),
            MaskedSumCorrelation(
                mask: MaskView(first), count: count, width: width, functions: [.one, .value],
                terms: [.init(function: 0, exponent: width - 1), .init(function: 1, exponent: 0)]),
            MaskedSumCorrelation(
                mask: MaskView(second), count: count, width: 54,
                functions: [
                    .exponential(carry: true), .digit(MaskDigit(low: 2, bits: 9), width: 64, start: 5, centre: 7),
                    .exponential(carry: false),
                ],
                terms: [
                    .init(function: 0, exponent: 0), .init(function: 1, exponent: 3), .init(function: 2, exponent: 1),
                ]),
        ]
        return CorrelationPlan(
            correlations: correlations
                + rowProducts(
                    Segments(groups: 2, lengths: [70, 0, 33, 100]), run: 75..<280, dots: .rowDots(rows: 7, columns: 58),
                    width: width, after: correlations.count)
                + (hasTables ? tables : []),
            weights: [
                WeightDeclaration(name: "a", shape: [5, 2], width: 64),
                WeightDeclaration(name: "b", shape: [3, 5], width: max(width, 40)),
            ])
    }

    /// Rows so many and so long that two parties have keys for them.
    static func longRows(width: Int) -> CorrelationPlan {
        let rows = Segments(groups: 20, lengths: [700, 0, 33, 1000, 767])
        return CorrelationPlan(
            correlations: rowProducts(
                rows, run: 75..<49_000, dots: .rowDots(rows: 100, columns: 500), width: width, after: 0),
            weights: [])
    }

    /// A number for each of some rows, of all of them and of a run of their elements, and dot products of rows; their masks
    /// come first.
    private static func rowProducts(
        _ rows: Segments, run: Range<Int>, dots: ProductShape, width: Int, after index: Int
    ) -> [any Correlation] {
        let count = rows.elementCount
        let elements = CorrelationHandle(index: index, kind: RingMask(count: count, width: width))
        let numbers = CorrelationHandle(index: index + 1, kind: RingMask(count: rows.rowCount, width: width))
        let spread = MaskView(numbers, maps: [.segmentBroadcast(rows)])
        let slice = LinearMap.slice(shape: [count], axis: 0, range: run)
        return [
            elements.kind, numbers.kind,
            BeaverProductCorrelation(
                left: MaskView(elements), right: spread, shape: .elementwise(count: count), width: width),
            BeaverProductCorrelation(
                left: MaskView(elements).through(slice), right: spread.through(slice),
                shape: .elementwise(count: run.count), width: width),
            BeaverProductCorrelation(left: MaskView(elements), right: MaskView(elements), shape: dots, width: width),
            BeaverProductCorrelation(left: MaskView(elements), right: spread, shape: dots, width: width),
        ]
    }

    /// More elements than OTs are cheaper for.
    static func manyElements(width: Int) -> CorrelationPlan {
        let mask = CorrelationHandle(index: 0, kind: RingMask(count: 9000, width: width))
        let client = CorrelationHandle(index: 1, kind: ClientMask(count: 9000, width: width))
        return CorrelationPlan(
            correlations: [
                mask.kind, client.kind,
                BeaverProductCorrelation(
                    left: MaskView(mask), right: MaskView(mask), shape: .elementwise(count: 9000), width: width),
                BeaverProductCorrelation(
                    left: MaskView(mask), right: MaskView(mask), shape: .rowDots(rows: 1000, columns: 9), width: width),
                ServerProductCorrelation(
                    mask: MaskView(client), weight: WeightView(weight: 0), shape: .elementwise(count: 9000),
                    width: width),
                SelectionCorrelation(count: 9000, thresholds: 1, degree: 3, isMasked: true, width: width),
                BitNumberProducts(count: 9000, widths: ByParty(server: [width, 1, 64], client: [7])),
                BitRowProducts(count: 900, columns: 10, width: width),
            ], weights: [WeightDeclaration(name: "a", shape: [9000], width: 64)])
    }

    /// A product of two shared matrices, twice.
    static func matrices(m: Int, k: Int, n: Int) -> CorrelationPlan {
        let width = 40
        let left = CorrelationHandle(index: 0, kind: RingMask(count: 2 * m * k, width: width))
        let right = CorrelationHandle(index: 1, kind: RingMask(count: 2 * k * n, width: width))
        return CorrelationPlan(
            correlations: [
                left.kind, right.kind,
                BeaverProductCorrelation(
                    left: MaskView(left), right: MaskView(right), shape: .matrix(batch: 2, m: m, k: k, n: n),
                    width: width),
            ],
            weights: [])
    }

    /// By folding, of full limbs, and of three limbs.
    static let primes = [
        "170141183460469231731687303715884105727", "340282366920938463463374607431768211297",
        "535408258170007433691655764301745273891257371787593994691",
    ]

    static func weights<Domain: ShareDomain>(
        _ plan: CorrelationPlan, _ domain: Domain, seed: UInt64
    ) throws -> [Domain.Elements] {
        var words = SeededWords(seed)
        return try plan.weights.map { try domain.uniform(count: $0.count, width: $0.width, from: &words) }
    }
}

extension WeightMasks {
    /// `W - B`.
    func masked(
        _ weight: WeightDeclaration, index: Int, value: Domain.Elements, in domain: Domain
    ) throws -> Domain.Elements {
        domain.subtract(value, try mask(weight, index: index))
    }
}

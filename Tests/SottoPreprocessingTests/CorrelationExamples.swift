import SottoPreprocessing
import TestSupport

/// Plans with every kind of correlation, in odd sizes.
enum CorrelationExamples {
    static let counts = [0, 1, 7, 8, 63, 64, 65, 130]
    static let widths = [1, 2, 5, 8, 17, 31, 32, 33, 63, 64]

    /// One item of each kind, with the masks that it refers to before it or after it.
    static func plan(count: Int, width: Int) -> CorrelationPlan {
        let transpose = LinearMap.permute(shape: [3, 5], order: [1, 0])
        let broadcast = LinearMap.segmentBroadcast(Segments(rows: count, columns: 2))
        let correlations: [Correlation] = [
            .ringMask(count: count, width: width),  // 0
            .ringMask(count: count, width: 64),
            .ringMask(count: 15, width: width),
            .clientMask(count: count, width: width),  // 3
            .clientMask(count: 15, width: width),
            .beaverProduct(
                left: MaskView(mask: 0), right: MaskView(mask: 1), shape: .elementwise(count: count), width: width),
            .beaverProduct(
                left: MaskView(mask: 0), right: MaskView(mask: 0), shape: .rowDots(rows: 1, columns: count),
                width: width),
            .beaverProduct(
                left: MaskView(mask: 2), right: MaskView(mask: 2, maps: [transpose]),
                shape: .matrix(batch: 1, m: 3, k: 5, n: 3), width: width),
            .beaverProduct(
                left: MaskView(mask: 0, maps: [broadcast]), right: MaskView(mask: 1, maps: [broadcast]),
                shape: .elementwise(count: 2 * count), width: width),
            .serverProduct(
                mask: MaskView(mask: 4), weight: WeightView(weight: 0), shape: .matrix(batch: 1, m: 3, k: 5, n: 2),
                width: width),
            .serverProduct(
                mask: MaskView(mask: 4), weight: WeightView(weight: 1, maps: [transpose]),
                shape: .matrix(batch: 1, m: 3, k: 5, n: 3), width: width),
            .serverProduct(
                // A mask that the plan lists later.
                mask: MaskView(mask: 12), weight: WeightView(weight: 1), shape: .elementwise(count: 15),
                width: width),
            .clientMask(count: 15, width: width),  // 12
            .correlatedOT(count: count, width: width),
            .millionairesLeaves(count: count, bits: min(width, 9), thresholds: 3),
            .bitProducts(count: count, copies: 2, planes: 4, subsets: [0b0011, 0b0101, 0b1110, 0b1111]),
            .bitProducts(count: count, copies: 0, planes: 3, subsets: [0b011]),
            .selection(count: count, thresholds: 3, degree: 3, masked: true, width: width),
            .selection(count: count, thresholds: 2, degree: 1, masked: true, width: width),
            .selection(count: count, thresholds: 0, degree: 2, masked: true, width: width),
            .selection(count: count, thresholds: 4, degree: 0, masked: false, width: width),
        ]
        return CorrelationPlan(
            correlations: correlations,
            weights: [
                WeightDeclaration(name: "a", shape: [5, 2], width: 64),
                WeightDeclaration(name: "b", shape: [3, 5], width: max(width, 40)),
            ])
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

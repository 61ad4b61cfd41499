import Sotto

/// Gates of function secret sharing over a tile of random values: the dealer's keys for both parties, and one party's
/// evaluation.
public struct GateWorkload {
    public let name: String
    public let count: Int
    /// Of one key.
    public let keyBytes: Double
    private let make: () throws -> Void
    private let use: () throws -> Void

    /// GELU as `sotto --protocol fss` evaluates it at a bound of 4095 in front of a matrix: lines, and what is left of them.
    public static func gelu(count: Int, kernel: TreeHash.Kernel = .fastest) throws -> GateWorkload {
        let function = QuadraticFunctions.gelu
        guard let split = function.linearSplit(within: 30) else {
            preconditionFailure("GELU is a line and a remainder")
        }
        let gate = SplineGate(
            width: 25, droppedBits: function.inputScale - function.comparisonScale, ring: 32, knots: function.knots,
            functions: [
                SplineFunction(rows: split.lines.map { [$0.offset, $0.slope, 0] }),
                SplineFunction(origins: function.origins, rows: split.rows),
            ])
        return try GateWorkload("GELU", gate.keyFormat, width: 25, dropped: gate.droppedBits, count: count, kernel) {
            _ = try gate.evaluate($0, $1, kernel: kernel)
        }
    }

    /// A pair of softmax's maximum.
    public static func rectifier(count: Int, kernel: TreeHash.Kernel = .fastest) throws -> GateWorkload {
        let gate = SplineGate(width: 21, ring: 21, knots: [0], functions: [SplineFunction(rows: [[0, 0], [0, 1]])])
        return try GateWorkload("ReLU of 21 bits", gate.keyFormat, width: 21, dropped: 0, count: count, kernel) {
            _ = try gate.evaluate($0, $1, kernel: kernel)
        }
    }

    /// A comparison with so many thresholds.
    public static func thresholds(
        _ thresholds: Int, width: Int, count: Int, kernel: TreeHash.Kernel = .fastest
    ) throws -> GateWorkload {
        let gate = ThresholdGate(width: width, thresholds: (0..<thresholds).map { Int64($0 * 37 - 5) })
        return try GateWorkload(
            "\(width) bits, \(thresholds) thresholds", gate.keyFormat, width: width, dropped: 0, count: count, kernel
        ) { _ = try gate.evaluate($0, $1, kernel: kernel) }
    }

    private init(
        _ name: String, _ format: ComparisonFormat, width: Int, dropped: Int, count: Int, _ kernel: TreeHash.Kernel,
        evaluate: @escaping ([UInt64], PartyComparisonKeys) throws -> Void
    ) throws {
        var seeds = SystemSeedSource()
        let generator = try PseudorandomGenerator(seed: seeds.nextSeed(), domain: 0)
        let low: UInt64 = (1 << UInt64(width)) - 1
        let masks = try generator.words(count).map { $0 & low }
        let opened = try generator.words(count).map { $0 & low }
        let words = try generator.words(4 * count)
        let roots = ByParty { party in
            (0..<count).map { Block(words[4 * $0 + 2 * party.rawValue], words[4 * $0 + 2 * party.rawValue + 1]) }
        }
        let payloads = masks.flatMap { mask in
            (0..<format.components).map { (0..<$0).reduce(UInt64(1)) { power, _ in power &* mask } }
        }
        let alphas = masks.map { $0 >> UInt64(dropped) }
        let dealer = try ComparisonKeyGenerator(format, kernel: kernel)
        let keys = PartyComparisonKeys(
            party: .client, roots: roots.client,
            corrections: try dealer.corrections(alphas: alphas, payloads: payloads, roots: roots))
        self.name = name
        self.count = count
        keyBytes = Double(format.keyBits) / 8
        make = { _ = try dealer.corrections(alphas: alphas, payloads: payloads, roots: roots) }
        use = { try evaluate(opened, keys) }
    }

    /// The dealer's work.
    public func deal() throws { try make() }

    /// A party's.
    public func evaluate() throws { try use() }
}

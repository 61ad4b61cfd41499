import SottoAlgebra
import SottoReporting

/// Where one kernel of matrix products gets faster than another on this machine, by products of the widths that programs have.
public struct MeasuredCrossovers: Sendable, Hashable {
    /// Where the processor lacks one of two kernels, as in the standard.
    public private(set) var crossovers: ProductCrossovers
    public private(set) var measured: [Pair]

    /// Two kernels of which one is taken for small products and the other for larger ones.
    public enum Pair: String, Sendable, Hashable, CaseIterable, Encodable {
        case tilesOverWords = "tiles_over_words"
        case tilesOverShortWords = "tiles_over_short_words"
        case tilesOfPrepared = "tiles_of_prepared"
        case wordsOfPrepared = "words_of_prepared"
        case bytesOverWords = "bytes_over_words"
        case limbsOverElements = "limbs_over_elements"
        case bytesOverElements = "bytes_over_elements"
        case fieldTiles = "field_tiles"
    }

    /// Shares of the standard format.
    private static let shares = ProductWidths(ring: 46)
    /// With prepared matrices: masked weights, those of the standard bound, and of a bound that an owner has measured. One
    /// crossover is for all of them.
    private static let sharesAndWeights = [nil, 26, 17].map { ProductWidths(ring: 46, rightMagnitudeBits: $0) }
    /// Prepared matrices are as deep as a model is wide.
    private static let leastPreparedDepth = 64

    /// Measures this machine; a quiet one gives good crossovers.
    /// - Throws: nothing for the standard prime.
    public init(ladder: CrossoverLadder = .full) throws {
        crossovers = .standard
        measured = Pair.allCases.filter(\.isHere)
        let timer = ProductTimer(ladder: ladder)
        // Which of the others is the fastest must be known before tiles are measured beside it.
        for pair in measured where !pair.isBesideOthers { try measure(pair, timer) }
        for pair in measured where pair.isBesideOthers { try measure(pair, timer) }
    }

    private mutating func measure(_ pair: Pair, _ timer: ProductTimer) throws {
        switch pair {
        case .tilesOverWords: crossovers.ring.tilesOverWords = Self.tiles(.words, timer)
        case .tilesOverShortWords: crossovers.ring.tilesOverShortWords = Self.tiles(Self.shares, timer)
        case .bytesOverWords:
            crossovers.ring.bytesOverWords = timer.ring(
                Self.shares, isPrepared: false, first: { _ in .fastest(ring: Self.shares.ring) }, rival: { _ in .vnni }
            ).crossover(by: \.rows)
        case .wordsOfPrepared:
            crossovers.ring.wordsOfPrepared = prepared(
                timer, first: { _ in .vnni }, rival: { _ in .fastest(ring: Self.shares.ring) })
        case .tilesOfPrepared:
            var others = crossovers
            others.ring.tilesOfPrepared = .never
            crossovers.ring.tilesOfPrepared = prepared(
                timer,
                first: { .fastest(Self.shares, rows: $0, depth: 1, isPrepared: true, crossovers: others) },
                rival: { _ in .amx })
        case .limbsOverElements, .bytesOverElements, .fieldTiles: try measureField(pair, timer)
        }
    }

    private static func tiles(_ widths: ProductWidths, _ timer: ProductTimer) -> ProductCrossovers.Extent {
        let (rows, depth) = timer.ring(
            widths, isPrepared: false, first: { _ in .fastest(ring: widths.ring) }, rival: { _ in .amx }
        ).crossovers(by: \.rows, and: \.depth)
        return ProductCrossovers.Extent(rows: rows, depth: depth)
    }

    private func prepared(
        _ timer: ProductTimer, first: (_ rows: Int) -> RingKernel, rival: (_ rows: Int) -> RingKernel
    ) -> Crossover {
        let depths = timer.ladder.depths.filter { $0 >= Self.leastPreparedDepth }
        return Self.sharesAndWeights.flatMap {
            timer.ring($0, isPrepared: true, depths: depths, first: first, rival: rival)
        }.crossover(by: \.rows)
    }

    private mutating func measureField(_ pair: Pair, _ timer: ProductTimer) throws {
        let prime = try PrimeModulus()
        switch pair {
        case .limbsOverElements:
            crossovers.field.limbsOverElements = timer.field(prime, first: { _, _ in .elements }, rival: .ifma)
                .crossover(by: \.depth)
        case .bytesOverElements:
            crossovers.field.bytesOverElements = timer.field(prime, first: { _, _ in .elements }, rival: .vnni)
                .crossover(by: \.depth)
        default:
            var others = crossovers
            others.field.tilesDepth = .never
            (crossovers.field.tilesDepth, crossovers.field.tilesTerms) = timer.field(
                prime, first: { .fastest(rows: $0, depth: $1, crossovers: others) }, rival: .amx
            ).crossovers(by: \.depth, and: \.terms)
        }
    }
}

extension MeasuredCrossovers.Pair {
    /// Whether this processor has both kernels and a choice between them.
    var isHere: Bool {
        switch self {
        case .tilesOverWords, .tilesOverShortWords, .tilesOfPrepared: RingKernel.amx.isAvailable
        case .wordsOfPrepared: RingKernel.vnni.isAvailable
        case .bytesOverWords: RingKernel.vnni.isAvailable && !RingKernel.ifma.isAvailable
        case .limbsOverElements: FieldMatrixKernel.ifma.isAvailable
        case .bytesOverElements: FieldMatrixKernel.vnni.isAvailable && !FieldMatrixKernel.ifma.isAvailable
        case .fieldTiles: FieldMatrixKernel.amx.isAvailable
        }
    }

    /// Whether tiles are measured beside the fastest of several kernels.
    fileprivate var isBesideOthers: Bool { self == .tilesOfPrepared || self == .fieldTiles }

    fileprivate var title: String {
        switch self {
        case .tilesOverWords: "AMX over words, rings above 52 bits"
        case .tilesOverShortWords: "AMX over words, rings up to 52 bits"
        case .tilesOfPrepared: "AMX over others, prepared weights"
        case .wordsOfPrepared: "words over VNNI, prepared weights"
        case .bytesOverWords: "VNNI over words, without IFMA"
        case .limbsOverElements: "IFMA over elements, fields"
        case .bytesOverElements: "VNNI over elements, fields, without IFMA"
        case .fieldTiles: "AMX over others, fields"
        }
    }

    fileprivate func text(_ crossovers: ProductCrossovers) -> String {
        let (ring, field) = (crossovers.ring, crossovers.field)
        func both(_ one: Crossover, _ oneUnit: String, _ other: Crossover, _ otherUnit: String) -> String {
            one == .never || other == .never
                ? "\(Crossover.never)" : "\(oneUnit) \(one), \(otherUnit) \(other)"
        }
        func one(_ unit: String, _ crossover: Crossover) -> String {
            crossover == .never ? "\(crossover)" : "\(unit) \(crossover)"
        }
        return switch self {
        case .tilesOverWords: both(ring.tilesOverWords.rows, "rows", ring.tilesOverWords.depth, "depth")
        case .tilesOverShortWords:
            both(ring.tilesOverShortWords.rows, "rows", ring.tilesOverShortWords.depth, "depth")
        case .tilesOfPrepared: one("rows", ring.tilesOfPrepared)
        case .wordsOfPrepared: one("rows", ring.wordsOfPrepared)
        case .bytesOverWords: one("rows", ring.bytesOverWords)
        case .limbsOverElements: one("depth", field.limbsOverElements)
        case .bytesOverElements: one("depth", field.bytesOverElements)
        case .fieldTiles: both(field.tilesDepth, "depth", field.tilesTerms, "rows x depth")
        }
    }
}

extension MeasuredCrossovers {
    /// From which sizes on which kernel is taken here, beside the standard; "-" where the processor leaves no choice.
    public var table: Table {
        var table = Table(columns: [.init("kernel", .left), .init("taken here from"), .init("standard")])
        table.rows = Pair.allCases.map { pair in
            .init([
                pair.title, measured.contains(pair) ? pair.text(crossovers) : "-", pair.text(.standard),
            ])
        }
        return table
    }
}

import SottoAlgebra
import SottoRandomness

/// Elements of a tensor whose opened difference to its mask the parties of a session keep from run to run, such as the keys and
/// values of earlier positions. Every run of the *generation* that they belong to knows the mask, which hides them alone: a row
/// is opened in one run, and its mask comes from the seed of the generation's first run by a PRG domain of its own.
package struct KeptElements: Sendable, Hashable, CanonicallyEncodable {
    /// Number of the tensor among those that are kept.
    package let tensor: Int
    /// Elements of a row.
    package let columns: Int
    package let range: Range<Int>

    package init(tensor: Int, columns: Int, range: Range<Int>) {
        precondition(tensor >= 0 && tensor < 1 << 30 && columns >= 0)
        self.tensor = tensor
        self.columns = columns
        self.range = range
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append([tensor, columns, range.lowerBound, range.upperBound])
    }

    /// Those of correlations of a run are their indices, far below.
    static func prgDomain(tensor: Int, row: Int) -> UInt64 { 1 << 63 | UInt64(tensor) << 32 | UInt64(row) }
}

extension SeedExpansion {
    /// The mask of kept elements: all rows that they lie in, without what is before and after them.
    func mask(of kept: KeptElements, width: Int) throws -> Domain.Elements {
        guard !kept.range.isEmpty else { return domain.empty(capacity: 0) }
        let rows = kept.range.lowerBound / kept.columns..<(kept.range.upperBound - 1) / kept.columns + 1
        var mask = domain.empty(capacity: rows.count * kept.columns)
        for row in rows {
            var generator = try PseudorandomGenerator(
                seed: keptSeed, domain: KeptElements.prgDomain(tensor: kept.tensor, row: row))
            domain.append(try domain.uniform(count: kept.columns, width: width, from: &generator), to: &mask)
        }
        let (first, count) = (kept.range.lowerBound - rows.lowerBound * kept.columns, rows.count * kept.columns)
        guard kept.range.count < count else { return mask }
        return domain.apply(
            .slice(shape: [count], axis: 0, range: first..<first + kept.range.count), to: mask)
    }
}

/// Where a generation stands, at a party or at a dealer: from which seeds the masks of kept rows come, and how many have been
/// used. A run takes the rows after them, or begins a new generation; there is no way back.
package struct KeptGeneration<Seeds> {
    private var current: (seeds: Seeds, rows: Int)?

    package init() {}

    /// The seeds of a run's kept rows.
    /// - Parameters:
    ///   - rows: that the run opens; nil where it keeps none.
    ///   - own: the run's.
    /// - Throws: ``PreprocessingError/otherGeneration(rows:kept:)`` for rows that do not follow those there are.
    package mutating func seeds(for rows: Range<Int>?, own: Seeds) throws -> Seeds {
        guard let rows else { return own }
        if rows.lowerBound == 0 {
            current = (own, rows.upperBound)
            return own
        }
        guard let known = current, known.rows == rows.lowerBound else {
            throw PreprocessingError.otherGeneration(rows: rows.lowerBound, kept: current?.rows ?? 0)
        }
        current = (known.seeds, rows.upperBound)
        return known.seeds
    }
}

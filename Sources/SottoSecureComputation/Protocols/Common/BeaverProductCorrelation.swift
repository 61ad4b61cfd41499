import SottoAlgebra
import SottoPreprocessing

/// Shares of the product of two masks, the third entry of a Beaver triple: element-wise, matrices, or row dots.
package struct BeaverProductCorrelation: Correlation {
    package let left: MaskView<RingMask>
    package let right: MaskView<RingMask>
    package let shape: ProductShape
    package let width: Int

    package init(left: MaskView<RingMask>, right: MaskView<RingMask>, shape: ProductShape, width: Int) {
        self.left = left
        self.right = right
        self.shape = shape
        self.width = width
    }

    package func masks(of party: Party) -> CorrelationFields { .none }
    package var products: CorrelationFields { .tensor(count: shape.outputCount, width: width) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let product = dealer.domain.product(
            try dealer.mask(left), try dealer.mask(right), shape: shape, widths: ProductWidths(ring: width),
            threads: dealer.threads)
        return CorrelationMaterial(tensors: [product])
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("beaver product")
        encoder.append(left)
        encoder.append(right)
        encoder.append(shape)
        encoder.append(width)
    }
}

/// A part of a product that can be computed on its own, from runs of both operands.
struct ProductTile {
    let shape: ProductShape
    let left: Range<Int>
    let right: Range<Int>
}

extension ProductShape {
    /// Tiles whose outputs follow each other, each with a multiple of 8 outputs but the last; one where the product fits.
    func tiles(_ tiling: Tiling) -> [ProductTile] {
        switch self {
        case .elementwise(let count):
            return tiling.rowRanges(rows: count, elementsOfRow: 3).map {
                ProductTile(shape: .elementwise(count: $0.count), left: $0, right: $0)
            }
        case .rowDots(let rows, let columns):
            return tiling.rowRanges(rows: rows, elementsOfRow: 2 * columns).map { rows in
                let range = (rows.lowerBound * columns)..<(rows.upperBound * columns)
                return ProductTile(shape: .rowDots(rows: rows.count, columns: columns), left: range, right: range)
            }
        case .matrix(let batch, let m, let k, let n):
            let whole = ProductTile(shape: self, left: 0..<leftCount, right: 0..<rightCount)
            let ranges = tiling.rowRanges(rows: m, elementsOfRow: k + n)
            guard batch * m * n > tiling.linearElements, batch == 1 || (m * n).isMultiple(of: 8),
                batch > 1 || ranges.count > 1
            else { return [whole] }
            return (0..<batch).flatMap { item in
                ranges.map { rows in
                    ProductTile(
                        shape: .matrix(batch: 1, m: rows.count, k: k, n: n),
                        left: ((item * m + rows.lowerBound) * k)..<((item * m + rows.upperBound) * k),
                        right: (item * k * n)..<((item + 1) * k * n))
                }
            }
        }
    }
}

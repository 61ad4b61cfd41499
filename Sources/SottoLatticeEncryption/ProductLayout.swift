/// How the matrices of a product lie in polynomials of `degree` coefficients.
///
/// R is cut into blocks of `blockRows x blockInner` entries with `blockRows·blockInner = degree`. Entry `(i, j)` of a block
/// is the coefficient of `X^(i·blockInner + j)`, and a column of W in the block's rows is `sum of W[j]·X^(-j)`, so that
/// the product's coefficient at `i·blockInner` is the entry of row i (Cheetah, USENIX Security 2022). Of the client's
/// polynomials only the coefficients of entries are sent: what stands elsewhere reaches no coefficient that is used.
///
/// Only every blockInner-th coefficient of a response is of use. `2^packingLevels` of them, of as many columns, are packed
/// into one, by as many automorphisms and key switches less one (Chen, Dai, Kim and Song, ePrint 2020/015, for polynomials
/// instead of constants). All of a response's first component is sent, and the used coefficients of the second.
public struct ProductLayout: Hashable, Sendable {
    package let degree: Int
    /// `log2` of the entries of a row in a block.
    package let logBlockInner: Int
    /// `log2` of the number of columns in one response; at most `logBlockInner`.
    package let packingLevels: Int

    package init(degree: Int, logBlockInner: Int, packingLevels: Int) {
        self.degree = degree
        self.logBlockInner = logBlockInner
        self.packingLevels = packingLevels
    }

    package var blockInner: Int { 1 << logBlockInner }
    /// Coefficients of a column's polynomial, as many as transforms take.
    package var blockTerms: Int { max(8, blockInner) }
    package var blockRows: Int { degree >> logBlockInner }
    /// Columns that are packed into one response.
    package var blockColumns: Int { 1 << packingLevels }
    /// The distance of two columns' coefficients in a response.
    package var columnStride: Int { 1 << (logBlockInner - packingLevels) }

    package func rowBlocks(_ product: MatrixProduct) -> Int { blocks(product.rows, blockRows) }
    package func innerBlocks(_ product: MatrixProduct) -> Int { blocks(product.inner, blockInner) }
    package func columnBlocks(_ product: MatrixProduct) -> Int { blocks(product.columns, blockColumns) }

    /// The rows, columns of R or columns of W of a block.
    package func rowRange(_ block: Int, _ product: MatrixProduct) -> Range<Int> {
        range(block, blockRows, product.rows)
    }
    package func innerRange(_ block: Int, _ product: MatrixProduct) -> Range<Int> {
        range(block, blockInner, product.inner)
    }
    package func columnRange(_ block: Int, _ product: MatrixProduct) -> Range<Int> {
        range(block, blockColumns, product.columns)
    }

    private func blocks(_ count: Int, _ size: Int) -> Int { (count + size - 1) / size }

    private func range(_ block: Int, _ size: Int, _ count: Int) -> Range<Int> {
        (block * size)..<min(count, (block + 1) * size)
    }

    // MARK: Costs

    /// Bytes of the response; see ``EncryptedProduct/responseBytes``.
    package func responseBytes(_ product: MatrixProduct) -> Int {
        let widths = ResponseWidths(width: product.width, degree: degree)
        return WidePacking.byteCount(
            count: rowBlocks(product) * columnBlocks(product) * degree, width: widths.mask)
            + WidePacking.byteCount(count: product.rows * product.columns, width: widths.body)
    }

    /// Roughly the server's work in transforms modulo one prime, for a choice among layouts of equal size.
    private func work(_ product: MatrixProduct) -> Double {
        let columns = Double(rowBlocks(product) * product.columns)
        let transforms = columns * Double(innerBlocks(product)) * Double(logBlockInner)
        let products = 0.3 * columns * Double(innerBlocks(product))
        let switches = columns * (1 - 1 / Double(blockColumns))
        return transforms / Double(degree.trailingZeroBitCount) + products + 7 * switches
    }

    /// The layout with the smallest response, and of these the one with the least work.
    ///
    /// - Parameters:
    ///   - keyLevels: packing is by automorphisms of the first so many levels.
    ///   - fixed: ``logBlockInner`` where a request is there already; nil for any.
    package static func best(
        for product: MatrixProduct, degree: Int, keyLevels: Int, logBlockInner fixed: Int? = nil
    ) -> ProductLayout {
        let logDegree = degree.trailingZeroBitCount
        var candidates: [ProductLayout] = []
        // Transforms of fewer than 16 coefficients are not built; a block may have fewer entries than that.
        for logInner in fixed.map({ $0...$0 }) ?? 0...logDegree {
            for levels in 0...logInner where levels == 0 || logInner <= keyLevels {
                if levels > 0, 1 << (levels - 1) >= product.columns { continue }
                candidates.append(ProductLayout(degree: degree, logBlockInner: logInner, packingLevels: levels))
            }
        }
        let costs = candidates.map { ($0, $0.responseBytes(product), $0.work(product)) }
        return costs.min { ($0.1, $0.2) < ($1.1, $1.2) }!.0
    }
}

/// The bits of a response's coefficients.
///
/// A response to plaintexts modulo `2^width` is switched to the modulus `2^(width + 1)` in its second component, the body,
/// and to `2^(width + log2(degree) + 2)` in its first, which the secret multiplies. In units of the plaintext's last place
/// rounding errs by 1/4 and, with a secret of at most `3·degree/4` nonzero coefficients, by `3/32`.
package struct ResponseWidths {
    package let body: Int
    package let mask: Int

    package init(width: Int, degree: Int) {
        body = width + 1
        mask = width + degree.trailingZeroBitCount + 2
    }
}

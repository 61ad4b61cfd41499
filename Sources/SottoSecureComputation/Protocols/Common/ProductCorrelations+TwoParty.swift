import SottoAlgebra
import SottoLatticeEncryption
import SottoPreprocessing

extension ProductShape {
    /// Products of matrices of the client `m x k` with matrices of the server, of entries up to `2^magnitudeBits` or any, or of
    /// all elements; nothing of empty ones.
    fileprivate func terms(
        width: Int, magnitudeBits: Int? = nil, transposed: Bool = false, elements: Int
    ) -> EncryptedTerms {
        guard case .matrix(let batch, let m, let k, let n) = self else {
            return EncryptedTerms(elements: elements, width: width)
        }
        guard m > 0, k > 0, n > 0 else { return .none }
        do {
            // Any entry is one of the ring.
            let product = try MatrixProduct(
                rows: transposed ? n : m, inner: k, columns: transposed ? m : n, width: width,
                magnitudeBits: min(width - 1, magnitudeBits ?? width - 1))
            return EncryptedTerms(matrices: [MatrixProduct](repeating: product, count: batch))
        } catch {
            preconditionFailure("tiles are smaller than any matrix that has no encryption: \(error)")
        }
    }
}

/// `R·W` by one product under the client's encryption: the server knows `W` and the client `R`. Or under the server's, where the
/// client has `W` so from the session's setup.
extension ServerProductCorrelation: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { encrypted.transfers }
    package var encrypted: EncryptedTerms {
        shape.terms(width: width, magnitudeBits: magnitudeBits, elements: shape.leftCount)
    }

    package var serverMatrix: ServerMatrixProduct? {
        let matrices = encrypted.matrices
        return matrices.count == 1 ? ServerMatrixProduct(weight: weight, product: matrices[0]) : nil
    }

    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] {
        ClientSideProduct.steps(serverMatrix, encryption) ?? encrypted.steps(encryption)
    }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        if let product = try ClientSideProduct(serverMatrix, view, mask: { try view.mask(mask) }) {
            return TwoPartyMaking(exchanges: product.exchanges) {
                CorrelationShare(
                    masks: CorrelationMaterial(), products: CorrelationMaterial(tensors: [product.share.masked(width)]))
            }
        }
        let own = view.party == .client ? try view.mask(mask) : try view.weight(weight)
        let terms = encrypted
        let isMatrix = !terms.matrices.isEmpty
        var operands = EncryptedOperands()
        if isMatrix { operands.matrices = own.grouped(by: own.count / terms.matrices.count) }
        if terms.elements != nil { operands.elements = own }
        let making = try EncryptedMaking(terms, view, operands)
        return TwoPartyMaking(exchanges: making.exchanges) {
            let share = isMatrix ? making.matrixShares.flatMap { $0 } : shape.summed(making.elementShare)
            return CorrelationShare(
                masks: CorrelationMaterial(), products: CorrelationMaterial(tensors: [share.masked(width)]))
        }
    }
}

/// `(a_0 + a_1)·(b_0 + b_1)`: either party's own product, and both cross terms by encryption; of squares they are equal, and
/// one is made.
///
/// Where the right factor is a number for each of some long rows, either party encrypts its numbers and multiplies its elements
/// with the other's.
extension BeaverProductCorrelation: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { encrypted.transfers }

    /// Whether both factors are the same elements.
    private var isSquare: Bool { left.masks == right.masks && left.maps == right.maps }

    package var encrypted: EncryptedTerms {
        if let spread = RowSpread(right, shape), let rows = try? RowProduct(spread.rows, width: width) {
            return EncryptedTerms(rows: rows)
        }
        if case .rowDots(let rows, let columns) = shape, columns >= RowSpread.shortestRow,
            let dots = try? RowDots(rows: (isSquare ? 1 : 2) * rows, columns: columns, width: width)
        {
            return EncryptedTerms(dots: dots)
        }
        let terms = shape.terms(
            width: width, transposed: isTransposed, elements: (isSquare ? 1 : 2) * shape.leftCount)
        return EncryptedTerms(mutual: terms.matrices, elements: terms.elements)
    }

    /// Whether either party encrypts its right matrix, as the transpose of a left one, because that is the smaller.
    private var isTransposed: Bool {
        if case .matrix(_, let m, _, let n) = shape { n < m } else { false }
    }

    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { encrypted.steps(encryption) }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        let (a, b) = (try view.mask(left), try view.mask(right))
        let terms = encrypted
        let making = try EncryptedMaking(terms, view, try operands(terms, view, a, b))
        return TwoPartyMaking(exchanges: making.exchanges) {
            let own = view.ring.product(
                a, b, shape: shape, widths: ProductWidths(ring: width), threads: view.threads)
            let share = terms.isEmpty ? own : view.ring.add(own, crossTerms(terms, making))
            return CorrelationShare(
                masks: CorrelationMaterial(), products: CorrelationMaterial(tensors: [share.masked(width)]))
        }
    }

    /// What the party multiplies with the other's: the server has the factors of a term in the other order.
    private func operands(
        _ terms: EncryptedTerms, _ view: TwoPartyView, _ a: [UInt64], _ b: [UInt64]
    ) throws -> EncryptedOperands {
        let isClient = view.party == .client
        let both = isSquare ? a : isClient ? a + b : b + a
        var operands = EncryptedOperands()
        if case .matrix(_, let m, let k, let n) = shape, !terms.mutual.isEmpty {
            (operands.lefts, operands.rights) = (a.grouped(by: m * k), b.grouped(by: k * n))
            if isTransposed {
                // (a·b)^T is b^T·a^T.
                (operands.lefts, operands.rights) = (
                    operands.rights.map { $0.transposed(rows: k, columns: n) },
                    operands.lefts.map { $0.transposed(rows: m, columns: k) }
                )
            }
        }
        if terms.elements != nil { operands.elements = both }
        if terms.dots != nil { operands.dots = both }
        if terms.rows != nil, let spread = RowSpread(right, shape) {
            operands.rowNumbers = Array(try view.mask(spread.numbers)[spread.range])
            operands.rowElements = a
        }
        return operands
    }

    private func crossTerms(_ terms: EncryptedTerms, _ making: EncryptedMaking) -> [UInt64] {
        if terms.rows != nil { return making.rowShare }
        if case .matrix(_, let m, _, let n) = shape {
            let sum = Ring64().add(making.leftShares.flatMap { $0 }, making.rightShares.flatMap { $0 })
            return isTransposed ? sum.grouped(by: m * n).flatMap { $0.transposed(rows: n, columns: m) } : sum
        }
        // Of a square the same twice.
        if terms.dots != nil {
            let sums = making.dotShare.grouped(by: shape.outputCount)
            return Ring64().add(sums[0], sums.last!)
        }
        let cross = making.elementShare.grouped(by: shape.leftCount)
        return shape.summed(Ring64().add(cross[0], cross.last!))
    }
}

/// A factor of a product of elements that is a number for each of some rows.
private struct RowSpread {
    /// Of the product's elements.
    let rows: Segments
    /// Where the numbers are, those of all rows.
    let numbers: MaskView<RingMask>
    /// The ones that the product has.
    let range: Range<Int>

    /// Shorter ones are multiplied element by element: a row takes a key switch, and its number a place in a request.
    static let shortestRow = 32

    /// Nil unless the view ends in a broadcast, or a run of one's elements, of rows that are long enough in the mean.
    init?(_ view: MaskView<RingMask>, _ shape: ProductShape) {
        guard case .elementwise = shape else { return nil }
        if case .segmentBroadcast(let segments) = view.maps.last {
            (rows, numbers, range) = (segments, view.before(last: 1), 0..<segments.rowCount)
        } else if case .slice(let shape, 0, let elements) = view.maps.last, shape.count == 1,
            case .segmentBroadcast(let segments) = view.maps.dropLast().last
        {
            var (lengths, place): ([Int], Int) = ([], 0)
            for _ in 0..<segments.groups {
                for length in segments.lengths {
                    lengths.append((place..<place + length).clamped(to: elements).count)
                    place += length
                }
            }
            let first = lengths.firstIndex { $0 > 0 } ?? 0
            let end = (lengths.lastIndex { $0 > 0 } ?? -1) + 1
            guard first < end else { return nil }
            (rows, numbers) = (Segments(groups: 1, lengths: Array(lengths[first..<end])), view.before(last: 2))
            range = first..<end
        } else {
            return nil
        }
        guard rows.elementCount > 0, rows.elementCount >= Self.shortestRow * rows.rowCount else { return nil }
    }
}

extension ProductShape {
    /// Products of elements, added up where the shape adds them.
    fileprivate func summed(_ products: [UInt64]) -> [UInt64] {
        guard case .rowDots(_, let columns) = self, columns > 0 else { return products }
        return products.grouped(by: columns).map { $0.reduce(0, &+) }
    }
}

extension [UInt64] {
    fileprivate func grouped(by size: Int) -> [[UInt64]] {
        guard size > 0 else { return [] }
        return stride(from: 0, to: count, by: size).map { Array(self[$0..<$0 + size]) }
    }

    fileprivate func transposed(rows: Int, columns: Int) -> [UInt64] {
        (0..<columns).flatMap { column in (0..<rows).map { self[$0 * columns + column] } }
    }

    /// The lower bits, as a dealer's shares have.
    fileprivate func masked(_ width: Int) -> [UInt64] { map { $0 & Ring64.mask(width) } }
}

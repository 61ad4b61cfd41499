import SottoAlgebra
import SottoLatticeEncryption
import SottoPreprocessing

extension ProductShape {
    /// Products of matrices of the client `m x k` with matrices of the server, or of all elements; nothing of empty ones.
    fileprivate func terms(width: Int, transposed: Bool = false, elements: Int) -> EncryptedTerms {
        guard case .matrix(let batch, let m, let k, let n) = self else {
            return EncryptedTerms(elements: elements, width: width)
        }
        guard m > 0, k > 0, n > 0 else { return .none }
        do {
            let product = try MatrixProduct(
                rows: transposed ? n : m, inner: k, columns: transposed ? m : n, width: width, magnitudeBits: width - 1)
            return EncryptedTerms(matrices: [MatrixProduct](repeating: product, count: batch), elements: nil)
        } catch {
            preconditionFailure("tiles are smaller than any matrix that has no encryption: \(error)")
        }
    }
}

/// `R·W` by one product under the client's encryption: the server knows `W` and the client `R`.
extension ServerProductCorrelation: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { .zero }
    package var encrypted: EncryptedTerms { shape.terms(width: width, elements: shape.leftCount) }
    package func steps(_ encryption: LatticeParameters?) -> [ByParty<Int>] { encrypted.steps(encryption) }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        let own = view.party == .client ? try view.mask(mask) : try view.weight(weight)
        let terms = encrypted
        let isMatrix = !terms.matrices.isEmpty
        let making = EncryptedMaking(
            terms, view, matrices: isMatrix ? own.grouped(by: own.count / terms.matrices.count) : [],
            elements: terms.elements == nil ? [] : own)
        return TwoPartyMaking(exchanges: making.exchanges) {
            let share = isMatrix ? making.matrixShares.flatMap { $0 } : shape.summed(making.elementShare)
            return CorrelationShare(
                masks: CorrelationMaterial(), products: CorrelationMaterial(tensors: [share.masked(width)]))
        }
    }
}

/// `(a_0 + a_1)·(b_0 + b_1)`: either party's own product, and both cross terms under the client's encryption; of squares they
/// are equal, and one is made.
extension BeaverProductCorrelation: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { .zero }

    /// Whether both factors are the same elements.
    private var isSquare: Bool { left.masks == right.masks && left.maps == right.maps }

    package var encrypted: EncryptedTerms {
        let first = shape.terms(width: width, elements: (isSquare ? 1 : 2) * shape.leftCount)
        let second = shape.terms(width: width, transposed: true, elements: 0)
        return EncryptedTerms(matrices: first.matrices + second.matrices, elements: first.elements)
    }

    package func steps(_ encryption: LatticeParameters?) -> [ByParty<Int>] { encrypted.steps(encryption) }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        let (a, b) = (try view.mask(left), try view.mask(right))
        let terms = encrypted
        let isClient = view.party == .client
        var matrices: [[UInt64]] = []
        if case .matrix(let batch, let m, let k, let n) = shape, !terms.matrices.isEmpty {
            let (lefts, rights) = (a.grouped(by: m * k), b.grouped(by: k * n))
            // a_1·b_0, and a_0·b_1 as the transpose of b_1^T·a_0^T.
            matrices =
                isClient
                ? lefts + rights.map { $0.transposed(rows: k, columns: n) }
                : rights + lefts.map { $0.transposed(rows: m, columns: k) }
            precondition(matrices.count == 2 * batch)
        }
        let making = EncryptedMaking(
            terms, view, matrices: matrices,
            elements: terms.elements == nil ? [] : isSquare ? a : isClient ? a + b : b + a)
        return TwoPartyMaking(exchanges: making.exchanges) {
            var share = Ring64().product(a, b, shape: shape, threads: 1)
            if case .matrix(let batch, let m, _, let n) = shape, !terms.matrices.isEmpty {
                let second = making.matrixShares[batch...].flatMap { $0.transposed(rows: n, columns: m) }
                share = Ring64().add(share, Ring64().add(making.matrixShares[..<batch].flatMap { $0 }, second))
            } else if terms.elements != nil {
                let cross = making.elementShare.grouped(by: shape.leftCount)
                share = Ring64().add(share, shape.summed(Ring64().add(cross[0], cross.last ?? [])))
            }
            return CorrelationShare(
                masks: CorrelationMaterial(), products: CorrelationMaterial(tensors: [share.masked(width)]))
        }
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

import SottoAlgebra
import Synchronization

/// A client's masked weights `W - B`, kept from run to run.
///
/// - Complexity: Memory of the elements, or of the prepared operand (``ShareDomain/rightOperand(_:shape:widths:)``) of a weight
///   that a product has read: in a ring of 46 bits 6 bytes an entry instead of 8.
package final class ReceivedWeights<Domain: ShareDomain>: Sendable {
    private enum Weight {
        case elements(Domain.Elements)
        case operand(Domain.RightOperand, ProductShape, ProductWidths)
    }

    private let domain: Domain
    private let weights: Mutex<[Weight]>

    /// - Parameter elements: of every weight of the plan at the client; none at the server.
    package init(_ domain: Domain, _ elements: [Domain.Elements] = []) {
        self.domain = domain
        weights = Mutex(elements.map { .elements($0) })
    }

    /// nil where there is no such weight.
    func elements(_ index: Int) -> Domain.Elements? {
        switch weight(index) {
        case .elements(let elements): elements
        case .operand(let operand, _, _): domain.elements(of: operand)
        case nil: nil
        }
    }

    /// The weight as the right operand of products of matrices, which it stays; nil where there is no such weight.
    ///
    /// A weight is the operand of one shape; of another one, which no program has, it is prepared anew each time.
    ///
    /// - Parameter width: of the weight: no part of it is lost.
    func operand(_ index: Int, shape: ProductShape, width: Int) throws -> Domain.RightOperand? {
        let (shape, widths) = (shape.ofOneRow, ProductWidths(ring: width))
        if case .operand(let operand, shape, widths)? = weight(index) { return operand }
        guard let elements = elements(index) else { return nil }
        let operand = try domain.rightOperand(elements, shape: shape, widths: widths)
        weights.withLock { weights in
            if case .elements = weights[index] { weights[index] = .operand(operand, shape, widths) }
        }
        return operand
    }

    private func weight(_ index: Int) -> Weight? {
        weights.withLock { $0.indices.contains(index) ? $0[index] : nil }
    }
}

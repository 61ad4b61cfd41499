import SottoAlgebra
import Synchronization

/// Rows of tensors that were opened under masks in earlier runs of a session and stay: at a party their opened differences.
/// The masks come from the preprocessing, see ``KeptElements``. One session's, which has one run at a time.
package final class KeptDifferences<Domain: ShareDomain> {
    private var tensors: [Int: Domain.Elements] = [:]

    package init() {}

    /// All elements of a tensor so far.
    /// - Throws: ``InterpreterError/keptElements(tensor:expected:got:)`` where there are not as many.
    func recall(_ tensor: Int, count: Int, _ domain: Domain) throws -> Domain.Elements {
        let elements = tensors[tensor] ?? domain.empty(capacity: 0)
        try checkKept(tensor, expected: count, got: domain.count(elements))
        return elements
    }

    /// What is now known of a tensor.
    func keep(_ tensor: Int, _ elements: Domain.Elements) { tensors[tensor] = elements }
}

/// The same in the clear: the values.
public final class KeptValues: Sendable {
    private let tensors = Mutex<[Int: [Int64]]>([:])

    public init() {}

    func recall(_ tensor: Int, count: Int) throws -> [Int64] {
        let values = tensors.withLock { $0[tensor] } ?? []
        try checkKept(tensor, expected: count, got: values.count)
        return values
    }

    func keep(_ tensor: Int, _ values: [Int64]) { tensors.withLock { $0[tensor] = values } }
}

private func checkKept(_ tensor: Int, expected: Int, got: Int) throws {
    guard got == expected else { throw InterpreterError.keptElements(tensor: tensor, expected: expected, got: got) }
}

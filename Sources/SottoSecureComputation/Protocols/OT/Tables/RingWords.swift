import SottoAlgebra
import SottoPreprocessing

/// A domain whose elements are words modulo a power of two, of which digits can be taken.
package protocol RingWords<Elements>: Sendable {
    associatedtype Elements: Sendable

    func words(_ x: Elements) -> [UInt64]
    func elements(_ words: [UInt64]) -> Elements
}

extension Ring64: RingWords {
    package func words(_ x: [UInt64]) -> [UInt64] { x }
    package func elements(_ words: [UInt64]) -> [UInt64] { words }
}

extension PartyState {
    /// The domain as tables need it.
    /// - Throws: ``InterpreterError/foreignDomain(domain:need:)`` for a field.
    func ringWords() throws -> any RingWords<Domain.Elements> {
        try capability((any RingWords<Domain.Elements>).self, named: "digits of shares")
    }
}

extension DealerView {
    /// The domain as tables need it.
    /// - Throws: ``InterpreterError/foreignDomain(domain:need:)`` for a field.
    func ringWords() throws -> any RingWords<Domain.Elements> {
        guard let words = domain as? any RingWords<Domain.Elements> else {
            throw InterpreterError.foreignDomain(domain: domain.name, need: "digits of shares")
        }
        return words
    }
}

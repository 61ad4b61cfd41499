import SottoAlgebra
import SottoRandomness
import SottoTransport

/// Where one party's correlated randomness of a run comes from. Items may be taken in any order, each once; a source that
/// streams is fastest in the plan's ``CorrelationPlan/streamOrder``.
package protocol CorrelationSource<Domain>: AnyObject {
    associatedtype Domain: ShareDomain

    /// This party's part of correlation `index`.
    /// - Throws: ``PreprocessingError/alreadyUsed(index:)`` on a second use.
    func take(_ index: Int) throws -> CorrelationShare<Domain.Elements>

    /// Bytes that came from the dealer so far, by correlation.
    var receivedBytes: [Int: Int] { get }

    /// Bytes that this party has sent to the other to make correlations, by correlation.
    var sentBytes: [Int: Int] { get }

    /// What a correlation took that has been taken.
    func times(of index: Int) -> CorrelationTimes
}

extension CorrelationSource {
    package var sentBytes: [Int: Int] { [:] }
}

/// What a correlation took.
package struct CorrelationTimes: Sendable, Hashable {
    /// The party's own work; waiting for others is not in it.
    package var preparation: Duration = .zero
    /// The dealer's work, where it is in this process.
    package var dealing: Duration = .zero

    package init() {}

    package mutating func add(_ other: CorrelationTimes) {
        preparation += other.preparation
        dealing += other.dealing
    }
}

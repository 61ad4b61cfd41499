import SottoAlgebra

/// Correlations that were all prepared before the first is taken, so that nothing of the offline phase is left to the
/// online one. Each is given away once and then gone.
///
/// Memory: the expanded correlations of the whole plan, several times the dealer's bytes; they shrink as they are taken.
package final class PreparedCorrelations<Domain: ShareDomain>: CorrelationSource {
    private let source: any CorrelationSource<Domain>
    private var shares: [CorrelationShare<Domain.Elements>?]

    /// Takes every correlation of the plan from `source`, in the order of its stream.
    /// - Throws: what the source throws.
    package init(_ source: any CorrelationSource<Domain>, plan: CorrelationPlan) throws {
        self.source = source
        shares = [CorrelationShare<Domain.Elements>?](repeating: nil, count: plan.correlations.count)
        for index in plan.streamOrder { shares[index] = try source.take(index) }
    }

    package func take(_ index: Int) throws -> CorrelationShare<Domain.Elements> {
        guard shares.indices.contains(index) else {
            throw PreprocessingError.notInPlan(index: index, count: shares.count)
        }
        guard let share = shares[index] else { throw PreprocessingError.alreadyUsed(index: index) }
        shares[index] = nil
        return share
    }

    package var receivedBytes: [Int: Int] { source.receivedBytes }
    package var sentBytes: [Int: Int] { source.sentBytes }

    package func times(of index: Int) -> CorrelationTimes { source.times(of: index) }
}

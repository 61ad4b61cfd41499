import SottoAlgebra
import SottoPreprocessing

/// A protocol suite, as the command line and handshakes name it, built or not.
public enum ProtocolName: String, Sendable, Hashable, CaseIterable {
    /// Oblivious transfer: Beaver triples, millionaires' trees.
    case ot
    /// Function secret sharing.
    case fss
}

/// Where correlated randomness comes from, as the command line and handshakes name it, built or not.
public enum PreprocessingName: String, Sendable, Hashable, CaseIterable {
    case dealer
    case twoParty = "two-party"
}

/// A combination that is not built.
public struct TargetError: Error, Equatable, Sendable, CustomStringConvertible {
    public let protocolName: ProtocolName
    public let preprocessing: PreprocessingName
    public let domain: String

    public var description: String {
        "The combination --protocol \(protocolName.rawValue) --preprocessing \(preprocessing.rawValue) "
            + "--domain \(domain) is not built; there is --protocol ot --preprocessing dealer --domain ring64 or field"
    }
}

extension Target {
    /// The one place that knows which combinations are built, and the parameters that suit each.
    /// - Throws: ``TargetError``, which names those that are.
    public init(
        protocolName: ProtocolName, preprocessing: PreprocessingName, domain: DomainProfile
    ) throws(TargetError) {
        switch (protocolName, preprocessing) {
        case (.ot, .dealer): self = .otWithDealer(over: domain)
        case (.fss, _), (_, .twoParty):
            throw TargetError(protocolName: protocolName, preprocessing: preprocessing, domain: domain.name)
        }
    }

    /// Comparisons by oblivious transfer with the correlations of a dealer, for whom wide trees are cheapest.
    public static func otWithDealer(over domain: DomainProfile) -> Target {
        Target(domain: domain, suite: OTSuite(treeArity: 4), preprocessing: DealerMethod())
    }
}

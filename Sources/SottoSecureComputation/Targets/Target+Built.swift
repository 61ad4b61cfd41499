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

/// What protocols, and what preprocessing, are built with, and the parameters that suit them.
private struct Combination: Sendable {
    let protocolName: ProtocolName
    let preprocessing: PreprocessingName
    /// ``DomainProfile/name`` of each.
    let domains: [String]
    let target: @Sendable (DomainProfile) -> Target

    /// The one place that knows what is built.
    static let all = [
        Combination(protocolName: .ot, preprocessing: .dealer, domains: ["ring64", "field"]) {
            .otWithDealer(over: $0)
        },
        Combination(protocolName: .ot, preprocessing: .twoParty, domains: ["ring64"]) { .otBetweenTwo(over: $0) },
        Combination(protocolName: .fss, preprocessing: .dealer, domains: ["ring64"]) { _ in .fssWithDealer },
    ]

    var description: String {
        "--protocol \(protocolName.rawValue) --preprocessing \(preprocessing.rawValue) "
            + "--domain \(domains.joined(separator: " or "))"
    }
}

extension ProtocolName {
    /// Which names can be chosen, in a sentence without its full stop.
    public static var availability: String {
        availabilityOfNames(allCases) { name in Combination.all.contains { $0.protocolName == name } }
    }
}

extension PreprocessingName {
    /// Which names can be chosen, in a sentence without its full stop.
    public static var availability: String {
        availabilityOfNames(allCases) { name in Combination.all.contains { $0.preprocessing == name } }
    }
}

private func availabilityOfNames<Name: RawRepresentable<String>>(
    _ names: [Name], isBuilt: (Name) -> Bool
) -> String {
    names.map { "\($0.rawValue) is \(isBuilt($0) ? "built" : "not yet")" }.joined(separator: ", ")
}

/// A combination that is not built.
public struct TargetError: Error, Equatable, Sendable, CustomStringConvertible {
    public let protocolName: ProtocolName
    public let preprocessing: PreprocessingName
    public let domain: String

    public var description: String {
        "The combination --protocol \(protocolName.rawValue) --preprocessing \(preprocessing.rawValue) "
            + "--domain \(domain) is not built; there is "
            + Combination.all.map(\.description).joined(separator: ", ")
    }
}

extension Target {
    /// - Throws: ``TargetError``, which names the combinations that are built.
    public init(
        protocolName: ProtocolName, preprocessing: PreprocessingName, domain: DomainProfile
    ) throws(TargetError) {
        let found = Combination.all.first {
            $0.protocolName == protocolName && $0.preprocessing == preprocessing && $0.domains.contains(domain.name)
        }
        guard let found else {
            throw TargetError(protocolName: protocolName, preprocessing: preprocessing, domain: domain.name)
        }
        self = found.target(domain)
    }

    /// Comparisons by oblivious transfer with correlations that server and client make, for whom binary trees are cheapest.
    static func otBetweenTwo(over domain: DomainProfile) -> Target {
        Target(domain: domain, suite: OTSuite(treeArity: 2, bitMethod: .circuits), preprocessing: TwoPartyMethod())
    }

    /// Comparisons by oblivious transfer with the correlations of a dealer, for whom wide trees are cheapest.
    public static func otWithDealer(over domain: DomainProfile) -> Target {
        Target(domain: domain, suite: OTSuite(treeArity: 4), preprocessing: DealerMethod())
    }

    /// Function secret sharing with the keys of a dealer, in rings.
    public static let fssWithDealer = Target(domain: .ring64, suite: FSSuite(), preprocessing: DealerMethod())

    /// Both suites side by side, in rings with the keys of a dealer: `base`, but in scopes of the names in `suites` the one that is
    /// named there. Shares of both are additive in rings, so that a value goes from one to the other as it is, or in the wider
    /// ring that its next operation asks for.
    public static func mixed(_ base: ProtocolName, with suites: [String: ProtocolName]) -> Target {
        func pure(_ name: ProtocolName) -> Target {
            switch name {
            case .ot: .otWithDealer(over: .ring64)
            case .fss: .fssWithDealer
            }
        }
        return Target(
            domain: .ring64, suite: pure(base).suite, suites: suites.mapValues { pure($0).suite },
            preprocessing: pure(base).preprocessing)
    }
}

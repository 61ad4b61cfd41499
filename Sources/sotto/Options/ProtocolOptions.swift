import ArgumentParser
import CostModel
import SecureComputation
import SottoSessions

/// Which protocols run, as the axes of choice name them.
struct ProtocolOptions: ParsableArguments {
    enum ProtocolName: String, ExpressibleByArgument, CaseIterable {
        case ot, fss
    }

    enum Preprocessing: String, ExpressibleByArgument, CaseIterable {
        case dealer
        case twoParty = "two-party"
    }

    enum Domain: String, ExpressibleByArgument, CaseIterable {
        case ring64, field
    }

    @Option(name: .customLong("protocol"), help: "Comparisons and nonlinear functions; ot is built, fss is not yet.")
    var protocolName: ProtocolName = .ot

    @Option(help: "Where correlated randomness comes from; dealer is built, two-party is not yet.")
    var preprocessing: Preprocessing = .dealer

    @Option(help: "What values are shared over.")
    var domain: Domain = .ring64

    @OptionGroup var prime: PrimeOptions

    @Flag(help: ExactOpeningsHelp.text)
    var exactOpenings = false

    func validate() throws {
        try Self.check(protocolName, preprocessing, domain)
        try prime.validate(for: [domain])
    }

    /// - Throws: `ValidationError`, which names what there is, if a combination is not built.
    static func check(_ protocolName: ProtocolName, _ preprocessing: Preprocessing, _ domain: Domain) throws {
        guard protocolName == .ot, preprocessing == .dealer else {
            throw ValidationError(
                "The combination --protocol \(protocolName.rawValue) --preprocessing \(preprocessing.rawValue) "
                    + "--domain \(domain.rawValue) is not built; "
                    + "there is --protocol ot --preprocessing dealer --domain ring64 or field")
        }
    }

    /// The domain and its prime.
    func profile() throws -> DomainProfile { try prime.profile(of: domain) }

    func session(sharesTimes: Bool) throws -> SessionConfiguration {
        SessionConfiguration(
            protocolName: protocolName.rawValue, preprocessing: preprocessing.rawValue, profile: try profile(),
            exactOpenings: exactOpenings, sharesTimes: sharesTimes)
    }

    /// The same options for another process.
    func arguments() throws -> [String] {
        let prime = try profile().prime
        return ["--protocol", protocolName.rawValue, "--preprocessing", preprocessing.rawValue]
            + ["--domain", domain.rawValue] + (prime.map { ["--prime", "\($0)"] } ?? [])
            + (exactOpenings ? ["--exact-openings"] : [])
    }
}

/// What `--exact-openings` does.
enum ExactOpeningsHelp {
    static let text: ArgumentHelp =
        "Truncate exactly before an opening, so that the rounding of what is opened says nothing of the shares; costs a comparison of the bits that are dropped."
}

import ArgumentParser
import SottoCostModel
import SottoSecureComputation
import SottoSessions

/// Which protocols run, as the axes of choice name them.
struct ProtocolOptions: ParsableArguments {
    enum Domain: String, ExpressibleByArgument, CaseIterable {
        case ring64, field
    }

    @Option(name: .customLong("protocol"), help: "Comparisons and nonlinear functions; ot is built, fss is not yet.")
    var protocolName: ProtocolName = .ot

    @Option(help: "Where correlated randomness comes from; dealer is built, two-party is not yet.")
    var preprocessing: PreprocessingName = .dealer

    @Option(help: "What values are shared over.")
    var domain: Domain = .ring64

    @OptionGroup var prime: PrimeOptions

    @Flag(help: ExactOpeningsHelp.text)
    var exactOpenings = false

    func validate() throws {
        try prime.validate(for: [domain])
        _ = try target()
    }

    /// What programs are written for.
    func target() throws -> Target { try Self.target(protocolName, preprocessing, prime.profile(of: domain)) }

    /// - Throws: `ValidationError`, which names what there is, if a combination is not built.
    static func target(
        _ protocolName: ProtocolName, _ preprocessing: PreprocessingName, _ domain: DomainProfile
    ) throws -> Target {
        do {
            return try Target(protocolName: protocolName, preprocessing: preprocessing, domain: domain)
        } catch {
            throw ValidationError(error.description)
        }
    }

    func session(sharesTimes: Bool = false) throws -> SessionConfiguration {
        SessionConfiguration(target: try target(), exactOpenings: exactOpenings, sharesTimes: sharesTimes)
    }

    /// The same options for another process.
    func arguments() throws -> [String] {
        let prime = try target().domain.prime
        return ["--protocol", protocolName.rawValue, "--preprocessing", preprocessing.rawValue]
            + ["--domain", domain.rawValue] + (prime.map { ["--prime", "\($0)"] } ?? [])
            + (exactOpenings ? ["--exact-openings"] : [])
    }
}

extension ProtocolName: ExpressibleByArgument {}
extension PreprocessingName: ExpressibleByArgument {}

/// What `--exact-openings` does.
enum ExactOpeningsHelp {
    static let text: ArgumentHelp =
        "Truncate exactly before an opening, so that the rounding of what is opened says nothing of the shares; costs a comparison of the bits that are dropped."
}

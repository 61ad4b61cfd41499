import ArgumentParser
import SottoCostModel
import SottoSecureComputation
import SottoSessions

/// What programs are written for, but for the domain.
struct SuiteOptions: ParsableArguments {
    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp("Comparisons and nonlinear functions; \(ProtocolName.availability)."))
    var protocolName: ProtocolName = .ot

    @Option(help: ArgumentHelp("Where correlated randomness comes from; \(PreprocessingName.availability)."))
    var preprocessing: PreprocessingName = .dealer

    /// - Throws: `ValidationError`, which names what there is, if a combination is not built.
    func target(over domain: DomainProfile) throws -> Target {
        try Self.target(protocolName, preprocessing, domain)
    }

    static func target(
        _ protocolName: ProtocolName, _ preprocessing: PreprocessingName, _ domain: DomainProfile
    ) throws -> Target {
        do {
            return try Target(protocolName: protocolName, preprocessing: preprocessing, domain: domain)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

/// What programs are written for, as the axes of choice name it.
struct TargetOptions: ParsableArguments {
    enum Domain: String, ExpressibleByArgument, CaseIterable {
        case ring64, field
    }

    @OptionGroup var suite: SuiteOptions

    @Option(help: "What values are shared over.")
    var domain: Domain = .ring64

    @OptionGroup var prime: PrimeOptions

    func validate() throws {
        try prime.validate(for: [domain])
        _ = try target()
    }

    func target() throws -> Target { try suite.target(over: prime.profile(of: domain)) }

    /// The same options for another process.
    func arguments() throws -> [String] {
        let prime = try target().domain.prime
        return ["--protocol", suite.protocolName.rawValue, "--preprocessing", suite.preprocessing.rawValue]
            + ["--domain", domain.rawValue] + (prime.map { ["--prime", "\($0)"] } ?? [])
    }
}

/// Which protocols run.
struct ProtocolOptions: ParsableArguments {
    @OptionGroup var targets: TargetOptions

    @Flag(help: ExactOpeningsHelp.text)
    var exactOpenings = false

    /// What programs are written for.
    func target() throws -> Target { try targets.target() }

    func session(sharesTimes: Bool = false) throws -> SessionConfiguration {
        SessionConfiguration(target: try target(), exactOpenings: exactOpenings, sharesTimes: sharesTimes)
    }

    /// The same options for another process.
    func arguments() throws -> [String] {
        try targets.arguments() + (exactOpenings ? ["--exact-openings"] : [])
    }
}

extension ProtocolName: ExpressibleByArgument {}
extension PreprocessingName: ExpressibleByArgument {}

/// What `--exact-openings` does.
enum ExactOpeningsHelp {
    static let text: ArgumentHelp =
        "Truncate exactly before an opening, so that the rounding of what is opened says nothing of the shares; costs a comparison of the bits that are dropped."
}

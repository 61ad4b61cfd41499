import ArgumentParser
import SottoAlgebra
import SottoSecureComputation

/// Which prime a field has.
struct PrimeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The field's prime, in decimal or in hexadecimal after 0x; by default 2^127 - 1.", valueName: "p"))
    var prime: String?

    @Option(
        help: ArgumentHelp(
            "Take the largest prime of this many bits that is 1 or -1 modulo 2^48, so that truncations err by one unit at most.",
            valueName: "bits"),
        transform: Number.integer(PrimeModulus.bitLengths))
    var primeBits: Int?

    /// - Throws: `ValidationError` for a number that is no prime, and for options that no domain of `domains` needs.
    func validate(for domains: [TargetOptions.Domain]) throws {
        guard prime != nil || primeBits != nil else { return }
        guard prime == nil || primeBits == nil else {
            throw ValidationError("Give --prime or --prime-bits, not both")
        }
        guard domains.contains(.field) else { throw ValidationError("--prime and --prime-bits need --domain field") }
        do { _ = try modulus() } catch let error as PrimeModulusError { throw ValidationError(error.description) }
    }

    func profile(of domain: TargetOptions.Domain) throws -> DomainProfile {
        switch domain {
        case .ring64: .ring64
        case .field: .field(try modulus())
        }
    }

    private func modulus() throws -> PrimeModulus {
        try prime.map { try PrimeModulus($0) } ?? PrimeModulus(bits: primeBits ?? PrimeModulus.standardBits)
    }
}

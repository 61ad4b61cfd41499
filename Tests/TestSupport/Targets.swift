import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation

extension Target {
    /// The ring, by oblivious transfer, with a dealer.
    public static let standard = Target.otWithDealer(over: .ring64)
}

extension ProgramBuilder {
    /// A builder of programs by oblivious transfer with a dealer.
    public convenience init(profile: DomainProfile = .ring64, tiling: Tiling = .standard) {
        self.init(target: .otWithDealer(over: profile), tiling: tiling)
    }
}

/// `[server, client]`.
extension ByParty: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Value...) {
        precondition(elements.count == 2)
        self.init(server: elements[0], client: elements[1])
    }

    public subscript(party: Int) -> Value {
        get { self[Party(rawValue: party)!] }
        set { self[Party(rawValue: party)!] = newValue }
    }
}

extension CorrelationPlan {
    /// Equal exactly where plans are.
    public var encoding: [UInt8] {
        var encoder = CanonicalEncoder()
        for correlation in correlations { correlation.encode(into: &encoder) }
        encoder.append(weights)
        encoder.append(streamOrder)
        return encoder.bytes
    }
}

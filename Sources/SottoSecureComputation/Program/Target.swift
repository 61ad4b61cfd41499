import SottoAlgebra
import SottoPreprocessing

/// What a program is written for: what values are shared over, by which protocols they are computed with, and where
/// correlated randomness comes from.
public struct Target: Sendable, Hashable, CustomStringConvertible, CanonicallyEncodable {
    public let domain: DomainProfile
    package let suite: any ProtocolSuite
    package let preprocessing: any PreprocessingMethod

    /// A combination that is known to be built.
    package init(domain: DomainProfile, suite: any ProtocolSuite, preprocessing: any PreprocessingMethod) {
        self.domain = domain
        self.suite = suite
        self.preprocessing = preprocessing
    }

    /// Whether there is a third process.
    public var usesDealer: Bool { preprocessing.usesDealer }

    /// Upper bound of the bytes that an element's largest correlation takes on the wire in a scalar function.
    package func correlationBytes(thresholds: Int, degree: Int) -> Double {
        suite.correlationBytes(thresholds: thresholds, degree: degree, over: domain)
    }

    /// As handshakes name it: equal exactly where targets are.
    public var description: String { "\(suite.description), \(preprocessing.name), \(domain)" }

    public static func == (a: Target, b: Target) -> Bool { a.description == b.description }

    public func hash(into hasher: inout Hasher) { hasher.combine(description) }

    package func encode(into encoder: inout CanonicalEncoder) { encoder.append(description) }
}

import SottoAlgebra
import SottoPreprocessing

/// What a program is written for: what values are shared over, by which protocols they are computed with, and where
/// correlated randomness comes from.
public struct Target: Sendable, Hashable, CustomStringConvertible, CanonicallyEncodable {
    public let domain: DomainProfile
    package let suite: any ProtocolSuite
    /// Of operations that are done by another one, by the name of their scope.
    package let suites: [String: any ProtocolSuite]
    package let preprocessing: any PreprocessingMethod

    /// A combination that is known to be built.
    package init(
        domain: DomainProfile, suite: any ProtocolSuite, suites: [String: any ProtocolSuite] = [:],
        preprocessing: any PreprocessingMethod
    ) {
        self.domain = domain
        self.suite = suite
        self.suites = suites
        self.preprocessing = preprocessing
    }

    /// Whether there is a third process.
    public var usesDealer: Bool { preprocessing.usesDealer }

    /// Upper bound of the bytes that an element's largest correlation takes on the wire in a scalar function.
    package func correlationBytes(thresholds: Int, degree: Int) -> Double {
        suites.values.reduce(suite.correlationBytes(thresholds: thresholds, degree: degree, over: domain)) {
            max($0, $1.correlationBytes(thresholds: thresholds, degree: degree, over: domain))
        }
    }

    /// As reports name it: `ot`, or of a mixture such as `ot with gelu by fss`.
    package var protocolName: String { named(\.name) }

    /// Of its suites, each once.
    package var suiteNames: [String] { Set([suite.name] + suites.values.map(\.name)).sorted() }

    private func named(_ text: (any ProtocolSuite) -> String) -> String {
        let others = suites.sorted { $0.key < $1.key }.map { "\($0.key) by \(text($0.value))" }
        return text(suite) + (others.isEmpty ? "" : " with " + others.joined(separator: ", "))
    }

    /// As handshakes name it: equal exactly where targets are.
    public var description: String { "\(named(\.description)), \(preprocessing.name), \(domain)" }

    public static func == (a: Target, b: Target) -> Bool { a.description == b.description }

    public func hash(into hasher: inout Hasher) { hasher.combine(description) }

    package func encode(into encoder: inout CanonicalEncoder) { encoder.append(description) }
}

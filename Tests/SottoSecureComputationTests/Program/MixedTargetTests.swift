import SottoSecureComputation
import TestSupport
import Testing

/// Programs whose scopes have suites of their own.
@Suite struct MixedTargetTests {
    private func rectified(in target: Target, scopes: [String]) throws -> Set<String> {
        let builder = ProgramBuilder(target: target)
        let x = builder.input("x", owner: .client, shape: [8], scale: 16, bound: 4)
        func nested(_ scopes: ArraySlice<String>) throws {
            if let scope = scopes.first {
                try builder.scope(scope) { try nested(scopes.dropFirst()) }
            } else {
                _ = try builder.relu(x.narrowed(to: 24))
            }
        }
        try nested(scopes[...])
        return builder.finish().primitiveTypes
    }

    @Test func scopesHaveTheSuiteOfTheirName() throws {
        let ot = try rectified(in: .standard, scopes: ["relu"])
        let fss = try rectified(in: .fssWithDealer, scopes: ["relu"])
        #expect(ot != fss)
        let mixed = Target.mixed(.ot, with: ["relu": .fss, "outside": .fss, "inside": .ot])
        #expect(try rectified(in: mixed, scopes: ["relu"]) == fss)
        #expect(try rectified(in: mixed, scopes: ["outside", "other"]) == fss)
        #expect(try rectified(in: mixed, scopes: ["outside", "inside"]) == ot)
        #expect(try rectified(in: mixed, scopes: ["other"]) == ot)
        #expect(try rectified(in: .mixed(.fss, with: ["relu": .ot]), scopes: ["relu"]) == ot)
    }

    @Test func descriptionsTellMixturesApart() {
        let mixtures = [
            Target.standard, .fssWithDealer, .mixed(.ot, with: ["gelu": .fss]), .mixed(.ot, with: ["softmax": .fss]),
            .mixed(.fss, with: ["gelu": .ot]), .mixed(.ot, with: ["gelu": .fss, "softmax": .fss]),
        ]
        #expect(Set(mixtures).count == mixtures.count && Set(mixtures.map(\.protocolName)).count == mixtures.count)
        #expect(Target.mixed(.ot, with: [:]) == .standard && Target.mixed(.fss, with: [:]) == .fssWithDealer)
        #expect(mixtures[0].protocolName == "ot" && mixtures[1].protocolName == "fss")
        #expect(mixtures[5].protocolName == "ot with gelu by fss, softmax by fss")
        #expect(mixtures[5].suiteNames == ["fss", "ot"])
        #expect(mixtures[5].description.hasSuffix(" with gelu by fss, softmax by fss, dealer, ring64"))
    }

    @Test func theLargestCorrelationIsThatOfEitherSuite() {
        let mixed = Target.mixed(.ot, with: ["gelu": .fss])
        for (thresholds, degree) in [(1, 1), (4, 3), (62, 1)] {
            let pure = [Target.standard, .fssWithDealer].map {
                $0.correlationBytes(thresholds: thresholds, degree: degree)
            }
            #expect(mixed.correlationBytes(thresholds: thresholds, degree: degree) == pure.max())
        }
    }
}

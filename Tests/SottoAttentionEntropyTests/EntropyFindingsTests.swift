import Foundation
import SottoAttentionEntropy
import Testing

struct EntropyFindingsTests {
    /// log 128 = 4.85; a causal head can have 3.88.
    private static let context = 128

    private static func findings(
        _ entropies: [[Double]], _ criteria: EntropyCriteria = EntropyCriteria()
    ) throws -> EntropyFindings {
        try EntropyFindings(entropies: entropies, context: context, criteria: criteria)
    }

    private static func error(_ body: () throws -> Void) -> EntropyError? {
        do { try body() } catch { return error as? EntropyError }
        return nil
    }

    @Test func wellBehavedHeads() throws {
        // 1 of 12 heads is the largest and so in the highest range.
        let entropies = [[2.0, 1.5, 3.2, 1.0], [1.4, 2.2, 2.0, 1.9], [0.9, 1.2, 2.3, 1.7]]
        let findings = try Self.findings(entropies)
        #expect(findings.isComparable && findings.maximum == 3.2)
        #expect(findings.wellBehaved.found && abs(findings.wellBehaved.share - 11.0 / 12) < 1e-12)
        #expect(!findings.collapse.found && findings.collapse.share == 0 && findings.collapse.layers.isEmpty)
        #expect(!findings.overload.found && findings.overload.earlyShare == 1)
        #expect(findings.verdicts[0] == [.wellBehaved, .wellBehaved, .overloaded, .wellBehaved])
    }

    @Test func collapseOfDeepLayers() throws {
        let healthy = [2.0, 1.5, 3.0, 1.2]
        let entropies = [healthy, healthy, healthy, [0.01, 1.5, 0.2, 1.2]]
        let findings = try Self.findings(entropies)
        // 2 of the 8 heads of layers 2 and 3 are below 0.05·log 128 = 0.24.
        #expect(findings.collapse.found && findings.collapse.share == 0.25 && findings.collapse.layers == [3])
        #expect(!findings.wellBehaved.found)
        #expect(findings.verdicts[3] == [.collapsed, .wellBehaved, .collapsed, .wellBehaved])
        // The same heads in an early layer are no collapse of deep ones.
        let early = try Self.findings(entropies.reversed())
        #expect(!early.collapse.found && early.collapse.share == 0 && early.collapse.layers == [0])
        #expect(try Self.findings(entropies, EntropyCriteria(nearZero: 0.01)).collapse.share == 0.125)
        #expect(try !Self.findings(entropies, EntropyCriteria(collapseShare: 0.26)).collapse.found)
        #expect(try Self.findings(entropies, EntropyCriteria(deepFrom: 0.75)).collapse.share == 0.5)
        #expect(try Self.findings(entropies, EntropyCriteria(deepFrom: 1)).collapse.share == 0.5)
        #expect(try Self.findings(entropies, EntropyCriteria(deepFrom: 0)).collapse.share == 0.125)
    }

    @Test func overloadOfEarlyLayers() throws {
        let entropies = [[3.7, 3.6, 3.5, 3.8], [3.4, 3.1, 1.2, 1.5], [2.0, 1.5, 1.3, 1.2], [1.0, 3.0, 1.9, 2.2]]
        let findings = try Self.findings(entropies)
        #expect(findings.overload.found && findings.overload.share == 7.0 / 16)
        #expect(findings.overload.layers == [0, 1, 3])
        #expect(abs(findings.overload.earlyShare - 6.0 / 7) < 1e-12)
        let late = try Self.findings(entropies.reversed())
        #expect(
            late.overload.found && abs(late.overload.earlyShare - 1.0 / 7) < 1e-12 && late.overload.layers == [0, 2, 3])
        #expect(try !Self.findings(entropies, EntropyCriteria(overloadShare: 7.0 / 16)).overload.found)
    }

    @Test func lowEntropiesAreNoOverload() throws {
        // Near to each other, but a fifth of what a causal head can have.
        let entropies = [[0.8, 0.75], [0.7, 0.72]]
        let findings = try Self.findings(entropies)
        #expect(findings.overload.share == 1 && !findings.overload.found && !findings.wellBehaved.found)
        #expect(try Self.findings(entropies, EntropyCriteria(overloadFloor: 0)).overload.found)
    }

    @Test func headsThatCannotBeCompared() throws {
        let reachable = EntropyMaximum.ofCausalHead(context: Self.context)
        for entropies in [[[2.0]], [[2, 2], [2, 2 + 1e-9]]] {
            let findings = try Self.findings(entropies)
            #expect(!findings.isComparable && findings.maximum == reachable)
            #expect(findings.verdicts.joined().allSatisfy { $0 == .wellBehaved })
            #expect(findings.wellBehaved.found && !findings.overload.found && !findings.collapse.found)
        }
        for entropies in [[[reachable]], [[3.5, 3.5]]] {
            let findings = try Self.findings(entropies)
            #expect(findings.overload.found && findings.overload.share == 1 && !findings.wellBehaved.found)
            // The only layer is deep.
            #expect(findings.overload.earlyShare == 0)
        }
        for entropies in [[[0.0]], [[0, 0], [0, 0]], [[0.1, 0.1]], [[1e-9, 0.1], [-1e-9, 0]], [[-1e-4, -1e-5]]] {
            let findings = try Self.findings(entropies)
            #expect(findings.collapse.found && findings.collapse.share == 1 && !findings.isComparable)
            #expect(findings.verdicts.joined().allSatisfy { $0 == .collapsed })
            #expect(!findings.overload.found && findings.overload.earlyShare == 0 && !findings.wellBehaved.found)
        }
    }

    @Test func layersOfDifferentWidth() throws {
        let findings = try Self.findings([[3.0], [1.5, 1.6, 1.7], [0.1, 1.5]])
        #expect(findings.verdicts.map(\.count) == [1, 3, 2])
        #expect(abs(findings.collapse.share - 0.2) < 1e-12 && findings.collapse.layers == [2])
        #expect(EntropyCriteria().firstDeepLayer(of: 3) == 1 && EntropyCriteria().firstDeepLayer(of: 12) == 6)
    }

    @Test func misuse() throws {
        #expect(Self.error { _ = try EntropyFindings(entropies: [[0]], context: 1) } == .singleToken)
        #expect(Self.error { _ = try EntropyFindings(entropies: [[0]], context: 0) } == .invalidContext(0))
        #expect(Self.error { _ = try Self.findings([]) } == .noHeads)
        #expect(Self.error { _ = try Self.findings([[1, .nan]]) } == .invalidEntropy(layer: 0, head: 1))
        for number in [-0.1, 1.1, Double.nan, .infinity] {
            #expect(Self.error { _ = try EntropyCriteria(nearZero: number) } == .invalidCriterion("nearZero"))
            #expect(
                Self.error { _ = try EntropyCriteria(wellBehavedShare: number) }
                    == .invalidCriterion("wellBehavedShare"))
        }
    }

    @Test func criteriaAreCheckedWhenDecoded() throws {
        let criteria = try EntropyCriteria(nearZero: 0.1, overloadShare: 0.3)
        let data = try JSONEncoder().encode(criteria)
        #expect(try JSONDecoder().decode(EntropyCriteria.self, from: data) == criteria)
        let text = String(decoding: data, as: UTF8.self).replacing("0.3", with: "1.3")
        #expect(throws: EntropyError.invalidCriterion("overloadShare")) {
            try JSONDecoder().decode(EntropyCriteria.self, from: Data(text.utf8))
        }
    }
}

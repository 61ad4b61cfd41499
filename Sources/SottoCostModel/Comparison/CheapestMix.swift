import SottoSecureComputation

/// What a pass costs with the suite for each of its operations with which it costs least.
struct CheapestMix {
    /// As reports name it.
    static let protocolName = "cheapest"

    /// By the name of a scope, of all whose operations depend on the suite.
    let suites: [String: ProtocolName]
    let report: CostReport

    /// Begins with the suite that costs least for all of the pass, and gives scopes to the other one, each time that which saves
    /// most, as long as any saves something. Every step is priced as a program of its own, so that it has the extensions of
    /// rings that operations of one suite need for values of the other.
    ///
    /// Of what costs the same, fewer online bytes decide, then fewer changes.
    /// - Parameter measure: latency is on the first network of `pricing`.
    /// - Throws: what building a program throws.
    init(
        of scenario: Scenario, by measure: Suggestions.Measure, pricing: Pricing, tiling: Tiling
    ) throws {
        let search = MixSearch(scenario: scenario, measure: measure, pricing: pricing, tiling: tiling)
        let pure = try Comparison.concurrently(ProtocolName.allCases) { try search.report($0, [:]) }
        let isSecond = search.isCheaper(pure[1], pure[0])
        let (base, other): (ProtocolName, ProtocolName) = isSecond ? (.fss, .ot) : (.ot, .fss)
        var report = isSecond ? pure[1] : pure[0]
        var suites: [String: ProtocolName] = [:]
        for scope in pure[0].scopes(thatDifferFrom: pure[1]) { suites[scope] = base }
        var unchanged = suites.keys.sorted()
        // To change all is to take the other suite, which costs more.
        while unchanged.count > 1 {
            let trials = try Comparison.concurrently(unchanged) { [suites] scope in
                try search.report(base, suites.merging([scope: other]) { $1 })
            }
            let least = trials.indices.reduce(0) { search.isCheaper(trials[$1], trials[$0]) ? $1 : $0 }
            guard search.isCheaper(trials[least], report) else { break }
            report = trials[least]
            suites[unchanged.remove(at: least)] = other
        }
        report.protocol = Self.protocolName
        self.suites = suites
        self.report = report
    }
}

/// Prices what a search compares, all with local work or all without.
private struct MixSearch: Sendable {
    let scenario: Scenario
    let measure: Suggestions.Measure
    let pricing: Pricing
    let tiling: Tiling

    func report(_ base: ProtocolName, _ suites: [String: ProtocolName]) throws -> CostReport {
        try pricing.report(
            of: scenario, in: .mixed(base, with: suites), compute: pricing.compute(ofMixesOn: base), tiling)
    }

    func isCheaper(_ a: CostReport, _ b: CostReport) -> Bool { cost(a) < cost(b) }

    private func cost(_ report: CostReport) -> (Double, Int) {
        let online = report.totals.online
        let value =
            switch measure {
            case .bytes: Double(online.bytesSent.total)
            case .rounds: Double(online.rounds)
            case .latency: report.latency.first?.online ?? 0
            }
        return (value, online.bytesSent.total)
    }
}

extension Pricing {
    /// What local work takes in mixes of the suites, that of both known or none. Of work that both have measured, the base's
    /// times stand, so that alone it takes what it takes elsewhere.
    fileprivate func compute(ofMixesOn base: ProtocolName) -> ComputeModel? {
        let known = ProtocolName.allCases.map { computes[.mixed($0, with: [:])] }
        guard let own = computes[.mixed(base, with: [:])], !known.contains(nil) else { return nil }
        return known.reduce(own) { sum, model in model.map { sum.merging($0) } ?? sum }
    }
}

extension CostReport {
    /// Names of the innermost scopes whose operations cost something else in the other report. Rounds are left out: what an
    /// operation adds to those of the whole depends on others.
    fileprivate func scopes(thatDifferFrom other: CostReport) -> Set<String> {
        func priced(_ report: CostReport) -> Set<Operation> {
            Set(
                report.operations.map { operation in
                    var alone = operation
                    alone.rounds = 0
                    return alone
                })
        }
        let names = priced(self).symmetricDifference(priced(other)).map { operation in
            operation.path.split(separator: "/").dropLast().last.map(String.init)
        }
        return Set(names.compactMap { $0 })
    }
}

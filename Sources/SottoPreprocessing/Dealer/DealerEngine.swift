import SottoAlgebra
import SottoRandomness
import Synchronization

/// Computes the corrections that turn two independent seed expansions into correlations.
package struct DealerEngine<Domain: ShareDomain>: Sendable {
    private let plan: CorrelationPlan
    private let view: DealerView<Domain>

    package init(
        domain: Domain, plan: CorrelationPlan, seeds: ByParty<Seed>, keptSeeds: ByParty<Seed>? = nil,
        weightMasks: WeightMasks<Domain>, threads: Int = 1
    ) {
        self.plan = plan
        view = DealerView(
            domain: domain, plan: plan,
            expansions: ByParty { SeedExpansion(domain: domain, party: $0, seed: seeds[$0], keptSeed: keptSeeds?[$0]) },
            weightMasks: weightMasks, threads: threads)
    }

    /// The corrections of correlation `index`, packed, for whom it corrects; nil where none are needed.
    package func corrections(_ index: Int) throws -> [UInt8]? {
        let correlation = plan.correlations[index]
        let fields = correlation.products
        guard fields != .none else { return nil }
        guard case .shares(let party) = correlation.corrected else {
            let masks = try ByParty { try view.expansions[$0].masks(correlation, index: index) }
            return view.domain.pack(try correlation.products(of: masks, view), fields)
        }
        let other = try view.expansions[party.peer].expand(correlation, index: index)
        let own = try view.expansions[party].masks(correlation, index: index)
        let masks = ByParty { $0 == party ? own : other.masks }
        let products = try correlation.products(of: masks, view)
        return view.domain.pack(view.domain.difference(products, other.products), fields)
    }
}

/// What a dealer knows when it computes the products of a correlation: both parties' masks and those of the weights.
package struct DealerView<Domain: ShareDomain>: Sendable {
    package let domain: Domain
    let plan: CorrelationPlan
    let expansions: ByParty<SeedExpansion<Domain>>
    let weightMasks: WeightMasks<Domain>
    package let threads: Int
    private let views = ViewCache<Domain.Elements>()

    init(
        domain: Domain, plan: CorrelationPlan, expansions: ByParty<SeedExpansion<Domain>>,
        weightMasks: WeightMasks<Domain>, threads: Int
    ) {
        self.domain = domain
        self.plan = plan
        self.expansions = expansions
        self.weightMasks = weightMasks
        self.threads = threads
    }

    /// A mask of the plan through its maps.
    package func mask<Mask: MaskCorrelation>(_ view: MaskView<Mask>) throws -> Domain.Elements {
        try views.value(.masks(view.masks), maps: view.maps, domain) {
            domain.concatenate(
                try view.masks.map { mask in
                    Mask.value(try expansions.map { try $0.masks(plan.correlations[mask], index: mask) }, domain)
                })
        }
    }

    /// The mask of a weight of the server through its maps.
    package func weightMask(_ view: WeightView) throws -> Domain.Elements {
        try views.value(.weight(view.weight), maps: view.maps, domain) {
            try weightMasks.mask(plan.weights[view.weight], index: view.weight)
        }
    }
}

/// The masks that a dealer used last, through the first of their maps, because the tiles of a product read the same ones
/// through maps that differ in the last slice only.
///
/// - Complexity: Memory of ``limit`` bytes, and of one mask or weight in any case.
private final class ViewCache<Elements: Sendable>: Sendable {
    enum Origin: Hashable {
        case masks([Int])
        case weight(Int)
    }

    private struct Key: Hashable {
        let origin: Origin
        let maps: [LinearMap]
    }

    private struct Entry {
        let key: Key
        let value: Elements
        let bytes: Int
    }

    /// Bytes of all entries but the last used.
    static var limit: Int { 32 << 20 }

    /// Last used last.
    private let entries = Mutex<[Entry]>([])

    /// `make()` through the maps.
    func value<Domain: ShareDomain>(
        _ origin: Origin, maps: [LinearMap], _ domain: Domain, make: () throws -> Elements
    ) throws -> Elements where Domain.Elements == Elements {
        // What tiles have in common is what comes before their slices.
        let common = maps.lastIndex { !$0.isSlice }.map { Array(maps[...$0]) } ?? []
        let key = Key(origin: origin, maps: common)
        let base: Elements
        if let known = find(key) {
            base = known
        } else {
            base = domain.apply(common, to: try make())
            keep(Entry(key: key, value: base, bytes: domain.memoryBytes(count: domain.count(base))))
        }
        return domain.apply(Array(maps[common.count...]), to: base)
    }

    private func find(_ key: Key) -> Elements? {
        entries.withLock { entries in
            guard let place = entries.lastIndex(where: { $0.key == key }) else { return nil }
            let entry = entries.remove(at: place)
            entries.append(entry)
            return entry.value
        }
    }

    private func keep(_ entry: Entry) {
        entries.withLock { entries in
            entries.append(entry)
            while entries.count > 1, entries.reduce(0, { $0 + $1.bytes }) > Self.limit { entries.removeFirst() }
        }
    }
}

extension LinearMap {
    fileprivate var isSlice: Bool { if case .slice = self { true } else { false } }
}

import Algebra
import Randomness
import Transport

/// Where one party's correlated randomness comes from. Items may be taken in any order, each once.
public protocol CorrelationSource<Domain>: AnyObject {
    associatedtype Domain: ShareDomain

    /// This party's part of correlation `index`.
    /// - Throws: ``PreprocessingError/alreadyUsed(index:)`` on a second use.
    func take(_ index: Int) throws -> CorrelationShare<Domain.Elements>

    /// Bytes that came from the dealer so far, by correlation.
    var receivedBytes: [Int: Int] { get }

    /// What a correlation took that has been taken.
    func times(of index: Int) -> CorrelationTimes
}

/// What a correlation took.
public struct CorrelationTimes: Sendable, Hashable {
    /// The party's own work; waiting for the dealer is not in it.
    public var preparation: Duration = .zero
    /// The dealer's work, where it is in this process.
    public var dealing: Duration = .zero

    public init() {}

    public mutating func add(_ other: CorrelationTimes) {
        preparation += other.preparation
        dealing += other.dealing
    }
}

/// Where party 0 gets the dealer's corrections from.
public protocol CorrectionStream: AnyObject {
    /// The corrections of correlation `index`, exactly `byteCount` bytes.
    func corrections(_ index: Int, byteCount: Int) throws -> [UInt8]

    /// Whether corrections are made here, and not waited for.
    var isDealer: Bool { get }
}

extension CorrectionStream {
    public var isDealer: Bool { false }
}

/// Correlations of a dealer: a seed for either party, corrections for party 0, and for party 1 the masked weights
/// `E = W - B` from the setup, with which it adds `R·E` to its share of `R·B`.
public final class DealtCorrelations<Domain: ShareDomain>: CorrelationSource {
    private let domain: Domain
    private let plan: CorrelationPlan
    private let expansion: SeedExpansion<Domain>
    private let stream: (any CorrectionStream)?
    private let maskedWeights: [Domain.Elements]
    private let threads: Int
    private var used: [Bool]
    public private(set) var receivedBytes: [Int: Int] = [:]
    private var times: [Int: CorrelationTimes] = [:]

    /// - Parameters:
    ///   - stream: party 0's corrections; nil for party 1.
    ///   - maskedWeights: `E` for every weight of the plan, at party 1; empty at party 0.
    public init(
        domain: Domain, plan: CorrelationPlan, party: Int, seed: Seed, stream: (any CorrectionStream)?,
        maskedWeights: [Domain.Elements], threads: Int = 1
    ) {
        self.domain = domain
        self.plan = plan
        self.expansion = SeedExpansion(domain: domain, party: party, seed: seed)
        self.stream = stream
        self.maskedWeights = maskedWeights
        self.threads = threads
        self.used = [Bool](repeating: false, count: plan.correlations.count)
    }

    public func take(_ index: Int) throws -> CorrelationShare<Domain.Elements> {
        guard used.indices.contains(index) else {
            throw PreprocessingError.notInPlan(index: index, count: used.count)
        }
        guard !used[index] else { throw PreprocessingError.alreadyUsed(index: index) }
        used[index] = true
        var spent = CorrelationTimes()
        let start = ProcessorTime.now
        let share = try make(index, &spent)
        spent.preparation = ProcessorTime.now - start - spent.dealing
        if stream?.isDealer != true { spent.dealing = .zero }
        times[index] = spent
        return share
    }

    public func times(of index: Int) -> CorrelationTimes { times[index] ?? CorrelationTimes() }

    /// - Parameter spent: its `dealing` is set to the time in the stream.
    private func make(_ index: Int, _ spent: inout CorrelationTimes) throws -> CorrelationShare<Domain.Elements> {
        let correlation = plan.correlations[index]
        let share = try expansion.expand(correlation, index: index)
        guard let stream else { return try complete(share, correlation) }
        let byteCount = correlation.dealerBytes[0]
        // Corrections of empty tensors have no bytes, but their products still need their shape.
        guard byteCount > 0 else { return try correct(share, correlation, []) }
        let start = ProcessorTime.now
        let corrections = try stream.corrections(index, byteCount: byteCount)
        spent.dealing = ProcessorTime.now - start
        receivedBytes[index] = corrections.count
        return try correct(share, correlation, corrections)
    }

    private func complete(
        _ share: CorrelationShare<Domain.Elements>, _ correlation: Correlation
    ) throws -> CorrelationShare<Domain.Elements> {
        guard case .serverProduct(let view, let weight, let shape, _) = correlation,
            case .elements(let share) = share
        else { return share }
        guard maskedWeights.indices.contains(weight.weight) else {
            throw PreprocessingError.missingWeight(name: plan.weights[weight.weight].name)
        }
        guard case .elements(let mask) = try expansion.expand(plan.correlations[view.mask], index: view.mask) else {
            throw PreprocessingError.wrongKind(index: view.mask)
        }
        let product = domain.product(
            domain.apply(view.maps, to: mask), domain.apply(weight.maps, to: maskedWeights[weight.weight]),
            shape: shape, threads: threads)
        return .elements(domain.add(share, product))
    }

    private func correct(
        _ share: CorrelationShare<Domain.Elements>, _ correlation: Correlation, _ bytes: [UInt8]
    ) throws -> CorrelationShare<Domain.Elements> {
        switch (correlation, share) {
        case (.beaverProduct(_, _, let shape, let width), _), (.serverProduct(_, _, let shape, let width), _):
            return .elements(try domain.unpack(bytes, count: shape.outputCount, width: width))
        case (.correlatedOT(let count, let width), .correlatedOT(let own, _)):
            return .correlatedOT(own: own, product: try domain.unpack(bytes, count: count, width: width))
        case (.millionairesLeaves(let count, let bits, let thresholds), .leaves(let own, _)):
            let products = MillionairesLeaf.productCount(bits: bits)
            return .leaves(own: own, products: try Self.planes(bytes, thresholds, products, count))
        case (.bitProducts(let count, let copies, _, let subsets), .bitProducts(let masks, _)):
            return .bitProducts(masks: masks, products: try Self.planes(bytes, copies, subsets.count, count))
        case (.selection(let count, let thresholds, let degree, _, let width), .selection(let bits, let mask, _)):
            let powers = SelectionTable.powerCount(thresholds: thresholds, degree: degree, count: count)
            return .selection(
                bits: bits, mask: mask, powers: try domain.unpack(bytes, count: powers, width: width))
        default:
            return share
        }
    }

    private static func planes(_ bytes: [UInt8], _ outer: Int, _ inner: Int, _ count: Int) throws -> [[BitVector]] {
        let flat = try BitVector.unpack(bytes, counts: [Int](repeating: count, count: outer * inner))
        return (0..<outer).map { Array(flat[($0 * inner)..<(($0 + 1) * inner)]) }
    }
}

import SottoAlgebra
import SottoPreprocessing
import SottoTransport

/// What a slot holds at one party.
enum SlotContent<Elements: Sendable> {
    case elements(Elements)
    case bits([BitVector])
    /// An opened difference and this party's share of the mask.
    case masked(difference: Elements, mask: Elements)
    /// At the server the value minus the client's mask; nothing at the client.
    case serverOperand(Elements?)
}

/// One party's shares while a program runs.
package final class PartyState<Domain: ShareDomain> {
    package let domain: Domain
    package let party: Party
    package let threads: Int
    private let source: any CorrelationSource<Domain>
    private let tensors: any TensorSource
    /// Opened differences of earlier runs, and what this one adds.
    let kept: KeptDifferences<Domain>
    private var slots: [SlotContent<Domain.Elements>?]
    private var capabilities: [ObjectIdentifier: Any] = [:]
    /// The weight that the tiles of one product read one after the other.
    private var tiledWeight: (name: String, maps: [LinearMap], value: Domain.Elements)?
    private var tiledOperand: (operand: ServerOperand, value: Domain.RightOperand)?
    /// Since the last reset: time in the source of correlations, and what it took to prepare and to deal what it gave.
    private(set) var inSource: Duration = .zero
    private(set) var correlationTimes = CorrelationTimes()
    /// What was opened to this party, by name.
    package private(set) var opened: [String: [Int64]] = [:]

    init(
        domain: Domain, party: Party, slotCount: Int, source: any CorrelationSource<Domain>,
        tensors: any TensorSource, kept: KeptDifferences<Domain>, threads: Int
    ) {
        self.domain = domain
        self.party = party
        self.threads = threads
        self.source = source
        self.tensors = tensors
        self.kept = kept
        self.slots = [SlotContent<Domain.Elements>?](repeating: nil, count: slotCount)
    }

    var isServer: Bool { party == .server }

    func set(_ slot: Int, _ content: SlotContent<Domain.Elements>) { slots[slot] = content }

    func release(_ released: [Int]) { for slot in released { slots[slot] = nil } }

    func elements(_ slot: Int) throws -> Domain.Elements {
        guard case .elements(let elements)? = slots[slot] else { throw InterpreterError.emptySlot(slot) }
        return elements
    }

    func bits(_ slot: Int) throws -> [BitVector] {
        guard case .bits(let bits)? = slots[slot] else { throw InterpreterError.emptySlot(slot) }
        return bits
    }

    func masked(_ slot: Int) throws -> (difference: Domain.Elements, mask: Domain.Elements) {
        guard case .masked(let difference, let mask)? = slots[slot] else { throw InterpreterError.emptySlot(slot) }
        return (difference, mask)
    }

    func serverOperand(_ slot: Int) throws -> Domain.Elements? {
        guard case .serverOperand(let operand)? = slots[slot] else { throw InterpreterError.emptySlot(slot) }
        return operand
    }

    // MARK: Correlations

    /// This party's part of a correlation, which is used up.
    /// - Throws: ``PreprocessingError/otherPlan(index:)`` where the source's plan has another correlation there.
    func take<Kind: Correlation>(_ handle: CorrelationHandle<Kind>) throws -> CorrelationShare<Domain.Elements> {
        let start = ProcessorTime.now
        let share = try source.take(handle.index)
        inSource += ProcessorTime.now - start
        guard domain.fits(share.masks, handle.kind.masks(of: party)), domain.fits(share.products, handle.kind.products)
        else { throw PreprocessingError.otherPlan(index: handle.index) }
        correlationTimes.add(source.times(of: handle.index))
        return share
    }

    func resetTimes() { (inSource, correlationTimes) = (.zero, CorrelationTimes()) }

    // MARK: Suites

    /// What a protocol suite asks of the domain beyond its arithmetic.
    /// - Throws: ``InterpreterError/foreignDomain(domain:need:)`` where the domain does not have it.
    func capability<Capability>(_ type: Capability.Type, named need: String) throws -> Capability {
        let key = ObjectIdentifier(type)
        if let known = capabilities[key] as? Capability { return known }
        guard let capability = domain as? Capability else {
            throw InterpreterError.foreignDomain(domain: domain.name, need: need)
        }
        capabilities[key] = capability
        return capability
    }

    // MARK: Inputs

    /// An input or constant of this party, checked for its size.
    /// - Parameter range: the elements that are wanted of `count`.
    func tensor(_ name: String, count: Int, range: Range<Int>? = nil) throws -> Domain.Elements {
        let values = try tensors.tensor(name, count: count, range: range ?? 0..<count)
        return domain.encode(values)
    }

    /// A weight of the server through its maps; the tiles of a product share it.
    private func weight(_ name: String, count: Int, maps: [LinearMap], isTile: Bool) throws -> Domain.Elements {
        if let tiledWeight, tiledWeight.name == name, tiledWeight.maps == maps { return tiledWeight.value }
        tiledWeight = nil
        let value = domain.apply(maps, to: try tensor(name, count: count))
        if isTile { tiledWeight = (name, maps, value) }
        return value
    }

    /// The product with a weight of the server: from what the source keeps, or else what tiles share.
    ///
    /// - Parameter isTile: whether more products with the weight follow.
    func product(
        _ x: Domain.Elements, weight operand: ServerOperand, shape: ProductShape, isTile: Bool
    ) throws -> Domain.Elements {
        guard domain.preparesRightOperands, case .matrix = shape else {
            let weight = try weight(operand.name, count: operand.count, maps: operand.maps, isTile: isTile)
            return domain.product(x, weight, shape: shape, widths: operand.widths, threads: threads)
        }
        func product(_ right: Domain.RightOperand) -> Domain.Elements {
            domain.product(x, right, shape: shape, ring: operand.widths.ring, threads: threads)
        }
        if let tiledOperand, tiledOperand.operand == operand { return product(tiledOperand.value) }
        tiledOperand = nil
        if let kept = try tensors.rightOperand(operand, in: domain) { return product(kept) }
        let elements = domain.apply(operand.maps, to: try tensor(operand.name, count: operand.count))
        guard isTile else {
            return domain.product(x, elements, shape: shape, widths: operand.widths, threads: threads)
        }
        let right = try domain.rightOperand(elements, shape: operand.shape, widths: operand.widths)
        tiledOperand = (operand, right)
        return product(right)
    }

    /// This party's share of a tensor that both hold shares of.
    func share(_ name: String, count: Int, width: Int) throws -> Domain.Elements {
        guard let bytes = try tensors.packedShare(name) else { return try tensor(name, count: count) }
        return try domain.unpack(bytes, count: count, width: width)
    }

    // MARK: Outputs

    /// - Parameters:
    ///   - start: of the values among the `count` of that name.
    func recordOpened(_ name: String, _ values: [Int64], start: Int, count: Int) {
        guard values.count < count else {
            opened[name] = values
            return
        }
        opened[name, default: [Int64](repeating: 0, count: count)].replaceSubrange(
            start..<(start + values.count), with: values)
    }
}

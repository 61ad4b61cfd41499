import Algebra
import Preprocessing
import Transport

/// What a primitive sends in one round: bytes of either party, both at the same time. Zero bytes are no message.
public struct DeclaredRound: Sendable, Hashable {
    public let bytes: [Int]

    public init(server: Int, client: Int) { bytes = [server, client] }

    static func both(_ bytes: Int) -> DeclaredRound { DeclaredRound(server: bytes, client: bytes) }
}

/// A secure operation on slots: its cost, its meaning, and its protocol.
public protocol Primitive: Sendable {
    /// Last component of the path.
    var label: String { get }
    var inputs: [Int] { get }
    var outputs: [Int] { get }
    /// Rounds of the online phase; the only place where its bytes are written down.
    var rounds: [DeclaredRound] { get }
    /// Indices of the correlations it uses.
    var correlations: [Int] { get }
    /// Multiplications and additions of the plain operation.
    var flops: Int { get }
    /// What its local work is, for estimates of time.
    var work: LocalWork { get }
    /// The operation on fixed-point integers.
    func evaluate(_ state: PlaintextState) throws
    /// One party's side: an exchange for each declared round; local work may happen before the first and in each.
    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange]
}

extension Primitive {
    public var rounds: [DeclaredRound] { [] }
    public var correlations: [Int] { [] }
    public var flops: Int { 0 }
    public var work: LocalWork { LocalWork(kernel: label, elements: 0) }
}

/// One party's side of a round: what it sends, and what it does with what arrives. Both are called in every round, with
/// no bytes where the declared round has none.
public struct Exchange {
    let outgoing: () throws -> [UInt8]
    let incoming: ([UInt8]) throws -> Void
}

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
public final class PartyState<Domain: ShareDomain> {
    public let domain: Domain
    public let party: Party
    public let threads: Int
    private let source: any CorrelationSource<Domain>
    private let tensors: any TensorSource
    private var slots: [SlotContent<Domain.Elements>?]
    /// Since the last reset: time in the source of correlations, and what it took to prepare and to deal what it gave.
    private(set) var inSource: Duration = .zero
    private(set) var correlationTimes = CorrelationTimes()
    /// What was opened to this party, by name.
    public private(set) var opened: [String: [Int64]] = [:]

    init(
        domain: Domain, party: Party, program: Program, source: any CorrelationSource<Domain>,
        tensors: any TensorSource, threads: Int
    ) {
        self.domain = domain
        self.party = party
        self.threads = threads
        self.source = source
        self.tensors = tensors
        self.slots = [SlotContent<Domain.Elements>?](repeating: nil, count: program.slotCount)
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

    func take(_ index: Int) throws -> CorrelationShare<Domain.Elements> {
        let start = ProcessorTime.now
        let share = try source.take(index)
        inSource += ProcessorTime.now - start
        correlationTimes.add(source.times(of: index))
        return share
    }

    func resetTimes() { (inSource, correlationTimes) = (.zero, CorrelationTimes()) }

    func takeElements(_ index: Int) throws -> Domain.Elements {
        guard case .elements(let elements) = try take(index) else {
            throw PreprocessingError.wrongKind(index: index)
        }
        return elements
    }

    /// An input or constant of this party, checked for its size.
    func tensor(_ name: String, count: Int) throws -> Domain.Elements {
        let values = try tensors.tensor(name)
        guard values.count == count else {
            throw InterpreterError.inputSize(name: name, expected: count, got: values.count)
        }
        return domain.encode(values)
    }

    /// This party's share of a tensor that both hold shares of.
    func share(_ name: String, count: Int, width: Int) throws -> Domain.Elements {
        guard let bytes = try tensors.packedShare(name) else { return try tensor(name, count: count) }
        return try domain.unpack(bytes, count: count, width: width)
    }

    func recordOpened(_ name: String, _ values: [Int64]) { opened[name] = values }
}

/// Fixed-point integers by name: a party's inputs, or the server's weights.
public protocol TensorSource: Sendable {
    /// - Throws: ``InterpreterError/missingInput(name:)``
    func tensor(_ name: String) throws -> [Int64]

    /// A party's share of a tensor as the domain packs it; nil where shares are 64-bit integers, as those of a ring.
    func packedShare(_ name: String) throws -> [UInt8]?
}

extension TensorSource {
    public func packedShare(_ name: String) throws -> [UInt8]? { nil }
}

/// Tensors kept in a dictionary.
public struct TensorDictionary: TensorSource {
    private let tensors: [String: [Int64]]

    public init(_ tensors: [String: [Int64]] = [:]) { self.tensors = tensors }

    public func tensor(_ name: String) throws -> [Int64] {
        guard let tensor = tensors[name] else { throw InterpreterError.missingInput(name: name) }
        return tensor
    }
}

/// Several sources, asked in turn.
public struct TensorSources: TensorSource {
    private let sources: [any TensorSource]

    public init(_ sources: [any TensorSource]) { self.sources = sources }

    public func tensor(_ name: String) throws -> [Int64] {
        for source in sources {
            do { return try source.tensor(name) } catch InterpreterError.missingInput { continue }
        }
        throw InterpreterError.missingInput(name: name)
    }

    public func packedShare(_ name: String) throws -> [UInt8]? {
        for source in sources { if let share = try source.packedShare(name) { return share } }
        return nil
    }
}

public enum InterpreterError: Error, Equatable, Sendable, CustomStringConvertible {
    case emptySlot(Int)
    case missingInput(name: String)
    case inputSize(name: String, expected: Int, got: Int)
    case undeclaredBytes(path: String, declared: Int, sent: Int)
    case impossibleDepth(path: String, depth: UInt32)

    public var description: String {
        switch self {
        case .emptySlot(let slot): "Slot \(slot) was read before it was written; this is an error of the program."
        case .missingInput(let name): "The input \(name) is missing; pass it to the interpreter."
        case .inputSize(let name, let expected, let got):
            "The input \(name) must have \(expected) elements and has \(got)."
        case .undeclaredBytes(let path, let declared, let sent):
            "\(path) declared \(declared) bytes and made \(sent); this is an error of the primitive."
        case .impossibleDepth(let path, let depth):
            "The peer's message for \(path) claims round \(depth), which the program cannot reach; run the same version "
                + "on both sides."
        }
    }
}

import Algebra
import Transport

/// A mask of the plan seen through public linear maps (a transpose, a broadcast, ...).
public struct MaskView: Sendable, Hashable {
    /// Index of the mask in the plan.
    public let mask: Int
    public let maps: [LinearMap]

    public init(mask: Int, maps: [LinearMap] = []) {
        self.mask = mask
        self.maps = maps
    }

    public func through(_ map: LinearMap) -> MaskView { MaskView(mask: mask, maps: maps + [map]) }
}

/// A matrix of the server seen through public linear maps.
public struct WeightView: Sendable, Hashable {
    /// Index of the weight in the program's list.
    public let weight: Int
    public let maps: [LinearMap]

    public init(weight: Int, maps: [LinearMap] = []) {
        self.weight = weight
        self.maps = maps
    }
}

/// A tensor that the server knows and that enters products under encryption by a one-time mask.
public struct WeightDeclaration: Sendable, Hashable {
    public let name: String
    public let shape: [Int]
    /// Ring width of the products it enters.
    public let width: Int

    public init(name: String, shape: [Int], width: Int) {
        self.name = name
        self.shape = shape
        self.width = width
    }

    public var count: Int { shape.reduce(1, *) }
}

/// One item of correlated randomness, as the plan of a program lists it. Each item is used by one primitive, once.
///
/// All of them are functions of uniform masks, shared additively or by XOR, that two parties could also make by
/// themselves: by oblivious transfer where one factor is a bit, by encryption where both are ring elements.
public enum Correlation: Sendable, Hashable {
    /// Additively shared uniform `a`: the mask that a Beaver opening subtracts (Beaver, CRYPTO 1991).
    case ringMask(count: Int, width: Int)
    /// Uniform `R` that the client knows and nobody else.
    case clientMask(count: Int, width: Int)
    /// Shares of the product of two masks, the third entry of a Beaver triple: element-wise, matrices, or row dots.
    case beaverProduct(left: MaskView, right: MaskView, shape: ProductShape, width: Int)
    /// Shares of `R·W` for a matrix `W` of the server.
    case serverProduct(mask: MaskView, weight: WeightView, shape: ProductShape, width: Int)
    /// Correlated OT on random bits: party 0 holds `a`, party 1 holds `c`, both hold shares of `a·c` modulo `2^width`.
    case correlatedOT(count: Int, width: Int)
    /// For every 2-bit leaf of a millionaires' tree: masks of either party's private bits, and XOR shares of their
    /// products (a 1-of-4 OT of the products). Party 1's operand is the same for all `thresholds`.
    case millionairesLeaves(count: Int, bits: Int, thresholds: Int)
    /// XOR-shared random bits `l_0 ... l_(planes-1)` and shares of the products over the given `subsets` (bit sets):
    /// bit triples for products of up to four factors (ABY2.0, USENIX Security 2021). `copies` independent items.
    case bitProducts(count: Int, copies: Int, planes: Int, subsets: [UInt32])
    /// XOR-shared random bits `r_i`, an additively shared mask `a` (when `masked`), and additive shares of
    /// `a^2 ... a^degree` and `r_i·a^j`.
    case selection(count: Int, thresholds: Int, degree: Int, masked: Bool, width: Int)

    /// Bytes of the corrections that the dealer sends to either party. Party 1 expands everything from its seed.
    public var dealerBytes: [Int] {
        switch self {
        case .ringMask, .clientMask: [0, 0]
        case .beaverProduct(_, _, let shape, let width), .serverProduct(_, _, let shape, let width):
            [WireSize.bytes(count: shape.outputCount, width: width), 0]
        case .correlatedOT(let count, let width): [WireSize.bytes(count: count, width: width), 0]
        case .millionairesLeaves(let count, let bits, let thresholds):
            [WireSize.bytes(count: count * thresholds * MillionairesLeaf.productCount(bits: bits), width: 1), 0]
        case .bitProducts(let count, let copies, _, let subsets):
            [WireSize.bytes(count: count * copies * subsets.count, width: 1), 0]
        case .selection(let count, let thresholds, let degree, _, let width):
            [
                WireSize.bytes(
                    count: SelectionTable.powerCount(thresholds: thresholds, degree: degree, count: count),
                    width: width), 0,
            ]
        }
    }
}

/// The 2-bit leaves of a comparison of private inputs; an odd number of bits leaves a 1-bit leaf on top.
///
/// With masks `α1 α0` of party 0's bits and `β1 β0` of party 1's, the products of a leaf are, in this order,
/// `α1β1, α1β0, α0β1, α0β0, α1α0β0, α0β1β0`; a 1-bit leaf has `α0β0` only.
public enum MillionairesLeaf {
    public static let productsOfPair = 6

    public static func productCount(bits: Int) -> Int { bits / 2 * productsOfPair + bits % 2 }

    /// All leaves' products of one threshold.
    public static func products(of alpha: [BitVector], _ beta: [BitVector]) -> [BitVector] {
        var products: [BitVector] = []
        products.reserveCapacity(productCount(bits: alpha.count))
        for low in stride(from: 0, to: alpha.count, by: 2) {
            let (a0, b0) = (alpha[low], beta[low])
            guard low + 1 < alpha.count else {
                products.append(a0 & b0)
                break
            }
            let (a1, b1) = (alpha[low + 1], beta[low + 1])
            products += [a1 & b1, a1 & b0, a0 & b1, a0 & b0, a1 & a0 & b0, a0 & b1 & b0]
        }
        return products
    }
}

/// One party's part of a correlation.
public enum CorrelationShare<Elements: Sendable>: Sendable {
    /// A mask, or a share of a product. The server's part of a client mask is empty.
    case elements(Elements)
    case correlatedOT(own: BitVector, product: Elements)
    /// `own[threshold][bit]` (party 1: one threshold only), `products[threshold][product]`.
    case leaves(own: [[BitVector]], products: [[BitVector]])
    /// `masks[copy][plane]`, `products[copy][subset]`.
    case bitProducts(masks: [[BitVector]], products: [[BitVector]])
    case selection(bits: [BitVector], mask: Elements?, powers: Elements)
}

public enum PreprocessingError: Error, Equatable, Sendable, CustomStringConvertible {
    case alreadyUsed(index: Int)
    case notInPlan(index: Int, count: Int)
    case wrongKind(index: Int)
    case missingWeight(name: String)
    case otherWeights
    case malformedSeed(bytes: Int)
    case programMismatch(server: String, client: String)
    case sessionTaken(role: String)
    case unknownRole
    case malformedRequest(String)
    case otherDomain(dealer: String, parties: String)
    /// The second party of a session did not come.
    case partnerMissing(role: String, seconds: Double)
    /// A party waited for its partner longer than all others when there was no room for more.
    case displaced(role: String)
    case tooManySessions(Int)
    case idle(seconds: Double)
    /// The dealer was told to stop.
    case stopping

    public var description: String {
        switch self {
        case .alreadyUsed(let index):
            "Correlation \(index) was already used; a correlation serves one operation, once. Start a new session."
        case .notInPlan(let index, let count):
            "Correlation \(index) is not in the plan of \(count); both parties and the dealer must run the same program."
        case .wrongKind(let index):
            "Correlation \(index) is of another kind than the operation needs; the plan does not belong to this program."
        case .missingWeight(let name): "The masked weight \(name) was not received in the setup; run the setup first."
        case .otherWeights:
            "This session was set up for a program with other weights; start a new session for this one."
        case .malformedSeed(let bytes): "The dealer sent a seed of \(bytes) bytes instead of 16."
        case .programMismatch(let server, let client):
            "The server asked for program \(server), the client for \(client); both must run the same version and model."
        case .sessionTaken(let role): "This session already has a \(role); start a new session."
        case .unknownRole: "The dealer serves a server and a client, and nobody else."
        case .partnerMissing(let role, let seconds):
            "The \(role) waited \(Self.text(seconds)) s at the dealer for its partner, which did not come; start again."
        case .displaced(let role):
            "The \(role) waited at the dealer for a partner that did not come, and gave its place to others."
        case .tooManySessions(let limit):
            "The dealer is busy: it deals for \(limit) sessions already; try again later."
        case .stopping: "The dealer was told to stop; start it again, or use another one."
        case .idle(let seconds):
            "The session stood idle for \(Self.text(seconds)) s; start a new one, or allow a longer --idle-timeout."
        case .otherDomain(let dealer, let parties):
            "The dealer deals for \(dealer) and the parties ask for \(parties); start all three with the same domain and prime."
        case .malformedRequest(let reason): "The dealer could not take a request: \(reason)."
        }
    }
}

extension PreprocessingError: SessionFailure {
    public var abortKind: AbortKind {
        switch self {
        case .partnerMissing, .idle, .stopping: .unavailable
        case .displaced, .tooManySessions: .busy
        default: .refused
        }
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() && seconds < 1e9 ? "\(Int(seconds))" : "\(seconds)"
    }
}

extension WeightDeclaration {
    /// Bytes of the masked weight, from the server to the client, once in the setup.
    public var wireBytes: Int { WireSize.bytes(count: count, width: width) }
}

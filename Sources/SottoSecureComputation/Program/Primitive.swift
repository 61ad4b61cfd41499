import SottoAlgebra
import SottoPreprocessing

/// A secure operation on slots: its cost, its meaning, and its protocol. Nothing has a default: what a primitive does not
/// do it says.
package protocol Primitive: Sendable {
    /// Last component of the path.
    var label: String { get }
    var inputs: [Int] { get }
    var outputs: [Int] { get }
    /// Bytes of either party in every round of the online phase, both at the same time; zero bytes are no message. The only
    /// place where they are written down.
    var rounds: [ByParty<Int>] { get }
    /// Indices of the correlations it takes: before the first round, then for the message of each round.
    var correlationStages: [[Int]] { get }
    /// Multiplications and additions of products and polynomials, as the plain operation has them; sums, maps and
    /// conversions count nothing.
    var flops: Int { get }
    /// What its local work is, for estimates of time.
    var work: LocalWork { get }
    /// Everything that the operation depends on besides its label, slots and correlations, for the program's fingerprint.
    func encodeParameters(into encoder: inout CanonicalEncoder)
    /// The operation on fixed-point integers.
    func evaluate(_ state: PlaintextState) throws
    /// One party's side: an exchange for each declared round; local work may happen before the first and in each.
    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange]
}

extension Primitive {
    /// Indices of the correlations it uses.
    package var correlations: [Int] { correlationStages.flatMap { $0 } }

    /// Those that it takes before the first round, or for the message of a round.
    func correlations(takenIn round: Int?) -> [Int] {
        let stage = round.map { $0 + 1 } ?? 0
        let stages = correlationStages
        return stages.indices.contains(stage) ? stages[stage] : []
    }
}

/// A primitive that neither sends anything nor uses a correlation.
package protocol LocalPrimitive: Primitive {}

extension LocalPrimitive {
    package var rounds: [ByParty<Int>] { [] }
    package var correlationStages: [[Int]] { [] }
}

/// One party's side of a round: what it sends, and what it does with what arrives. Both are called in every round, with
/// no bytes where the declared round has none.
package struct Exchange {
    let outgoing: () throws -> [UInt8]
    let incoming: ([UInt8]) throws -> Void
}

/// What a party computes in a primitive, as far as times depend on it: which kernel, and on how many elements. With the
/// primitive's flops and the bytes of its rounds it lets a calibration predict seconds; bytes and rounds do not depend on
/// it.
package struct LocalWork: Sendable, Hashable {
    /// Primitives with the same kernel do the same to each element.
    package let kernel: String
    /// Elements that the domain's operations read and write in all rounds together, at the party with more of them, up to a
    /// factor of the kernel's own.
    package let elements: Int

    package init(kernel: String, elements: Int) {
        self.kernel = kernel
        self.elements = elements
    }
}

extension LinearMap {
    var kernel: String {
        switch self {
        case .slice: "slice"
        case .permute: "permute"
        case .packTriangle, .fillTriangle: "triangle"
        case .segmentSum: "sum rows"
        case .segmentBroadcast: "repeat along rows"
        case .pairElements, .placePairs, .placeLeftovers: "pair"
        }
    }
}

extension ProductShape {
    var kernel: String {
        switch self {
        case .elementwise: "elements"
        case .matrix: "matrices"
        case .rowDots: "row by row"
        }
    }

    /// Of both operands and the result.
    var elements: Int { leftCount + rightCount + outputCount }
}

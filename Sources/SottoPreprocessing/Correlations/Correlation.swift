import SottoAlgebra

/// One kind of correlated randomness, with its sizes: everything that is known of it stands in the file of the conforming
/// type, beside the primitive that uses it.
///
/// A correlation is made of uniform *masks* that either party draws for itself, and of *products*, functions of both
/// parties' masks of which the parties hold shares, additive ones of elements and by XOR of bits. A dealer draws both
/// parties' masks from their seeds and one party's shares of the products as well, and sends the other party the rest:
/// its corrections. Products may also be what both parties get as it is, such as the corrections of a key of which the masks
/// are the roots. Each is used by one primitive, once.
package protocol Correlation: Sendable, CanonicallyEncodable {
    /// What a party draws for itself.
    func masks(of party: Party) -> CorrelationFields
    /// What both parties hold shares of.
    var products: CorrelationFields { get }
    /// Who gets the products, or its shares of them, as corrections.
    var corrected: Corrected { get }
    /// Whose mask it is, if it is one that more than one run knows.
    var kept: KeptElements? { get }
    /// The products of both parties' masks; what a dealer computes.
    func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements>
    /// A party's shares of the products, given those from its seed or from the corrections: for most kinds these.
    func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements>
}

/// Who gets corrections.
package enum Corrected: Sendable, Hashable {
    /// A party, to which they are its shares of the products; the other's come from its seed.
    case shares(of: Party)
    /// Both, to whom they are the products themselves.
    case both

    package func includes(_ party: Party) -> Bool { self == .both || self == .shares(of: party) }
}

/// The layout of a part of a correlation: bit vectors of one length, then tensors.
package struct CorrelationFields: Sendable, Hashable {
    package struct Tensor: Sendable, Hashable {
        package let count: Int
        package let width: Int

        package init(count: Int, width: Int) {
            self.count = count
            self.width = width
        }
    }

    package let vectors: Int
    /// Bits of a vector.
    package let bits: Int
    package let tensors: [Tensor]

    package static let none = CorrelationFields(vectors: 0, bits: 0, tensors: [])

    package static func vectors(_ vectors: Int, bits: Int) -> CorrelationFields {
        CorrelationFields(vectors: vectors, bits: bits, tensors: [])
    }

    package static func tensor(count: Int, width: Int) -> CorrelationFields {
        CorrelationFields(vectors: 0, bits: 0, tensors: [Tensor(count: count, width: width)])
    }

    package init(vectors: Int, bits: Int, tensors: [Tensor]) {
        self.vectors = vectors
        self.bits = bits
        self.tensors = tensors
    }

    /// On the wire: all bits together, then the tensors.
    package var bytes: Int {
        WireSize.bytes(count: vectors * bits, width: 1)
            + tensors.reduce(0) { $0 + WireSize.bytes(count: $1.count, width: $1.width) }
    }

    /// At a party, given what an element takes.
    func memoryBytes(perElement element: Int) -> Int {
        vectors * BitVector.wordCount(bits) * 8 + tensors.reduce(0) { $0 + $1.count * element }
    }
}

/// The values of ``CorrelationFields``.
package struct CorrelationMaterial<Elements: Sendable>: Sendable {
    package var bits: [BitVector]
    package var tensors: [Elements]

    package init(bits: [BitVector] = [], tensors: [Elements] = []) {
        self.bits = bits
        self.tensors = tensors
    }
}

/// One party's part of a correlation.
package struct CorrelationShare<Elements: Sendable>: Sendable {
    package let masks: CorrelationMaterial<Elements>
    /// Shares.
    package let products: CorrelationMaterial<Elements>

    package init(
        masks: CorrelationMaterial<Elements>, products: CorrelationMaterial<Elements> = CorrelationMaterial()
    ) {
        self.masks = masks
        self.products = products
    }
}

extension Correlation {
    package var kept: KeptElements? { nil }

    /// Bytes of the dealer's corrections by receiver.
    package var correctionBytes: ByParty<Int> { ByParty { corrected.includes($0) ? products.bytes : 0 } }

    /// Bytes that either party holds of it, given what an element takes.
    package func memoryBytes(perElement element: Int) -> Int {
        let masks = ByParty { self.masks(of: $0).memoryBytes(perElement: element) }
        return masks.largest + products.memoryBytes(perElement: element)
    }
}

/// Where a correlation stands in a plan, and of which kind it is: only a handle of the right kind fits a primitive.
package struct CorrelationHandle<Kind: Correlation>: Sendable, CanonicallyEncodable {
    package let index: Int
    package let kind: Kind

    package init(index: Int, kind: Kind) {
        self.index = index
        self.kind = kind
    }

    package func encode(into encoder: inout CanonicalEncoder) { encoder.append(index) }
}

/// A correlation that is nothing but a one-time mask: nothing is computed of it, and nothing corrected.
package protocol MaskCorrelation: Correlation {
    /// The mask itself, from what both parties have drawn.
    static func value<Domain: ShareDomain>(
        _ masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ domain: Domain
    ) -> Domain.Elements
}

extension MaskCorrelation {
    package var products: CorrelationFields { .none }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        CorrelationMaterial()
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }
}

/// A mask of the plan, or several laid one after the other, seen through public linear maps (a transpose, a broadcast, ...).
package struct MaskView<Mask: MaskCorrelation>: Sendable, CanonicallyEncodable {
    /// Indices of the masks in the plan.
    package let masks: [Int]
    package let maps: [LinearMap]

    package init(_ mask: CorrelationHandle<Mask>, maps: [LinearMap] = []) {
        self.init(masks: [mask.index], maps: maps)
    }

    package init(concatenating views: [MaskView]) {
        precondition(views.allSatisfy(\.maps.isEmpty))
        self.init(masks: views.flatMap(\.masks), maps: [])
    }

    private init(masks: [Int], maps: [LinearMap]) {
        self.masks = masks
        self.maps = maps
    }

    package func through(_ map: LinearMap) -> MaskView { MaskView(masks: masks, maps: maps + [map]) }

    /// The view before its last maps.
    package func before(last count: Int) -> MaskView { MaskView(masks: masks, maps: maps.dropLast(count)) }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(masks)
        encoder.append(maps)
    }
}

/// A matrix of the server seen through public linear maps.
package struct WeightView: Sendable, Hashable, CanonicallyEncodable {
    /// Index of the weight in the program's list.
    package let weight: Int
    package let maps: [LinearMap]

    package init(weight: Int, maps: [LinearMap] = []) {
        self.weight = weight
        self.maps = maps
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append(weight)
        encoder.append(maps)
    }
}

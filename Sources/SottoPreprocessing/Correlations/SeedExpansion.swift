import SottoAlgebra
import SottoRandomness

extension PseudorandomGenerator: UniformWords {}

/// What a party's seed expands to: its masks and, where it gets no corrections, its shares of the products.
///
/// Every correlation of a plan has its own PRG domain, so that shares can be made in any order and again, and no two
/// of them overlap.
package struct SeedExpansion<Domain: ShareDomain>: Sendable {
    package let domain: Domain
    package let party: Party
    let seed: Seed
    /// Of the masks of kept elements: the seed of their generation's first run.
    let keptSeed: Seed

    package init(domain: Domain, party: Party, seed: Seed, keptSeed: Seed? = nil) {
        self.domain = domain
        self.party = party
        self.seed = seed
        self.keptSeed = keptSeed ?? seed
    }

    /// The part of correlation `index` that the seed alone determines; no products for who gets them as corrections.
    func expand(_ correlation: any Correlation, index: Int) throws -> CorrelationShare<Domain.Elements> {
        guard correlation.kept == nil else { return CorrelationShare(masks: try masks(correlation, index: index)) }
        var generator = try PseudorandomGenerator(seed: seed, domain: UInt64(index))
        let masks = try draw(correlation.masks(of: party), &generator)
        let isDrawn = correlation.corrected == .shares(of: party.peer)
        return CorrelationShare(
            masks: masks, products: isDrawn ? try draw(correlation.products, &generator) : CorrelationMaterial())
    }

    /// The masks alone.
    func masks(_ correlation: any Correlation, index: Int) throws -> CorrelationMaterial<Domain.Elements> {
        if let kept = correlation.kept {
            let fields = correlation.masks(of: party).tensors
            return CorrelationMaterial(tensors: try fields.map { try mask(of: kept, width: $0.width) })
        }
        var generator = try PseudorandomGenerator(seed: seed, domain: UInt64(index))
        return try draw(correlation.masks(of: party), &generator)
    }

    private func draw(
        _ fields: CorrelationFields, _ generator: inout PseudorandomGenerator
    ) throws -> CorrelationMaterial<Domain.Elements> {
        var material = CorrelationMaterial<Domain.Elements>()
        material.bits.reserveCapacity(fields.vectors)
        for _ in 0..<fields.vectors { material.bits.append(try generator.bits(fields.bits)) }
        for tensor in fields.tensors {
            material.tensors.append(try domain.uniform(count: tensor.count, width: tensor.width, from: &generator))
        }
        return material
    }
}

extension ShareDomain {
    /// `x` through several maps, first to last.
    package func apply(_ maps: [LinearMap], to x: Elements) -> Elements {
        maps.reduce(x) { apply($1, to: $0) }
    }

    /// On the wire, as ``CorrelationFields/bytes`` counts.
    func pack(_ material: CorrelationMaterial<Elements>, _ fields: CorrelationFields) -> [UInt8] {
        var bytes = fields.vectors > 0 ? BitVector.pack(material.bits) : []
        for (tensor, field) in zip(material.tensors, fields.tensors) { bytes += pack(tensor, width: field.width) }
        return bytes
    }

    func unpack(_ bytes: [UInt8], _ fields: CorrelationFields) throws -> CorrelationMaterial<Elements> {
        guard bytes.count == fields.bytes else {
            throw PackingError.wrongByteCount(expected: fields.bytes, actual: bytes.count)
        }
        let bitBytes = WireSize.bytes(count: fields.vectors * fields.bits, width: 1)
        var material = CorrelationMaterial<Elements>()
        if fields.tensors.isEmpty || bitBytes > 0 {
            material.bits = try BitVector.unpack(
                fields.tensors.isEmpty ? bytes : Array(bytes.prefix(bitBytes)),
                counts: [Int](repeating: fields.bits, count: fields.vectors))
        } else {
            material.bits = [BitVector](
                repeating: BitVector(repeating: false, count: fields.bits), count: fields.vectors)
        }
        if fields.tensors.count == 1, bitBytes == 0 {
            material.tensors = [try unpack(bytes, count: fields.tensors[0].count, width: fields.tensors[0].width)]
            return material
        }
        var start = bitBytes
        for field in fields.tensors {
            let size = WireSize.bytes(count: field.count, width: field.width)
            material.tensors.append(
                try unpack(
                    Array(bytes.dropFirst(start).prefix(size)), count: field.count, width: field.width))
            start += size
        }
        return material
    }

    /// Whether material has this layout.
    package func fits(_ material: CorrelationMaterial<Elements>, _ fields: CorrelationFields) -> Bool {
        material.bits.count == fields.vectors && material.tensors.count == fields.tensors.count
            && material.bits.allSatisfy { $0.count == fields.bits }
            && zip(material.tensors, fields.tensors).allSatisfy { count($0) == $1.count }
    }

    /// What is left of the products when one party's shares are taken: the other's.
    func difference(
        _ products: CorrelationMaterial<Elements>, _ shares: CorrelationMaterial<Elements>
    ) -> CorrelationMaterial<Elements> {
        CorrelationMaterial(
            bits: zip(products.bits, shares.bits).map { $0 ^ $1 },
            tensors: zip(products.tensors, shares.tensors).map { subtract($0, $1) })
    }
}

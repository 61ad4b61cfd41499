import SottoAlgebra
import SottoPreprocessing

/// Additive shares of products of uniform bits of the client, each with a row of uniform numbers of the server: correlated OTs
/// of random rows. Two parties need a random OT for each row, however long, and nothing besides.
package struct BitRowProducts: Correlation {
    /// Bits, and rows.
    package let count: Int
    /// Numbers of a row.
    package let columns: Int
    package let width: Int

    package init(count: Int, columns: Int, width: Int) {
        self.count = count
        self.columns = columns
        self.width = width
    }

    /// The server's rows, one after the other, and the client's bits.
    package func masks(of party: Party) -> CorrelationFields {
        party == .server ? .tensor(count: count * columns, width: width) : .vectors(1, bits: count)
    }
    package var products: CorrelationFields { .tensor(count: count * columns, width: width) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let bits = masks.client.bits[0].alongRows(of: columns)
        return CorrelationMaterial(tensors: [dealer.domain.selected(masks.server.tensors[0], where: bits)])
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("bit row products")
        encoder.append([count, columns, width])
    }
}

extension BitVector {
    /// Every bit as often as a row has columns.
    func alongRows(of columns: Int) -> BitVector {
        var result = [UInt64](repeating: 0, count: Self.wordCount(count * columns))
        var place = 0
        for row in 0..<count {
            let bit = bit(row)
            for _ in 0..<columns {
                result[place >> 6] |= bit << UInt64(place & 63)
                place += 1
            }
        }
        return BitVector(words: result, count: count * columns)
    }
}

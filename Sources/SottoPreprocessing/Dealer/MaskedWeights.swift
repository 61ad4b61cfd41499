import SottoAlgebra
import SottoTransport

/// The setup of a session with a dealer: the server sends every weight `W` of the program minus its mask `B`, which only the
/// server and the dealer know; `W - B` is uniform to the client.
/// - Communication: `ceil(n·k/8)` bytes from the server to the client for each weight of `n` elements of `k` bits, in 1
///   round altogether; in frames of ``WeightDeclaration/tileElements`` elements.
package struct MaskedWeights<Domain: ShareDomain>: Sendable {
    package let domain: Domain
    package let weights: [WeightDeclaration]

    package init(domain: Domain, weights: [WeightDeclaration]) {
        self.domain = domain
        self.weights = weights
    }

    /// - Parameter values: a weight's integers by its name.
    package func send(
        over channel: any Channel, values: (String) throws -> [Int64], masks: WeightMasks<Domain>,
        progress: ((Int, Int) -> Void)? = nil
    ) throws -> SetupRecord {
        var record = SetupRecord()
        for (index, weight) in weights.enumerated() {
            let start = ProcessorTime.now
            let values = try values(weight.name)
            guard values.count == weight.count else {
                throw PreprocessingError.weightSize(name: weight.name, expected: weight.count, got: values.count)
            }
            var work = ProcessorTime.now - start
            var masks = try masks.tiles(weight, index: index)
            for tile in weight.tiles {
                let start = ProcessorTime.now
                let masked = domain.subtract(domain.encode(Array(values[tile])), try masks.next(tile))
                let payload = domain.pack(masked, width: weight.width)
                work += ProcessorTime.now - start
                try channel.send(Frame(tag: FrameTag.setupWeight(index: index), depth: 1, payload: payload))
                record.bytesSent.server += payload.count
            }
            record.work.append(work.wholeNanoseconds)
            progress?(index + 1, weights.count)
        }
        return record
    }

    /// The masked weights, in the order of the declarations.
    package func receive(
        over channel: any Channel, progress: ((Int, Int) -> Void)? = nil
    ) throws -> (masked: [Domain.Elements], record: SetupRecord) {
        var record = SetupRecord()
        let masked = try weights.enumerated().map { index, weight -> Domain.Elements in
            var elements = domain.empty(capacity: weight.count)
            var work = Duration.zero
            for tile in weight.tiles {
                let frame = try channel.receive(
                    tag: FrameTag.setupWeight(index: index),
                    byteCount: WireSize.bytes(count: tile.count, width: weight.width))
                let start = ProcessorTime.now
                record.bytesSent.server += frame.payload.count
                domain.append(
                    try domain.unpack(frame.payload, count: tile.count, width: weight.width), to: &elements)
                work += ProcessorTime.now - start
            }
            record.work.append(work.wholeNanoseconds)
            progress?(index + 1, weights.count)
            return elements
        }
        return (masked, record)
    }
}

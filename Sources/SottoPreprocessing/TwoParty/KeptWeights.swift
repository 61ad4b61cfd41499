import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness
import SottoTransport

/// The server's encrypted matrices, as the client keeps them for a session.
///
/// - Complexity: Memory of ``EncryptedWeights/bytes``, as they travelled.
struct KeptWeights: Sendable {
    let weights: EncryptedWeights
    private let requests: [[UInt8]]

    /// The request with the matrix of a product; nil where there is none.
    subscript(_ use: ServerMatrixProduct) -> [UInt8]? { weights.place(of: use).map { requests[$0] } }

    /// Takes them from the server, one tile after the other.
    /// - Parameter times: own work on each weight is added.
    /// - Throws: `LatticeError` for what is no request.
    init(_ weights: EncryptedWeights, from peer: any Channel, times: inout [Duration]) throws {
        var tag = 0
        requests = try weights.requests.map { request in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(request.product.requestBytes)
            for tile in Self.tiles(request.product) {
                bytes += try peer.receive(tag: FrameTag.setupWeight(index: tag), byteCount: tile.count).payload
                tag += 1
            }
            let start = ProcessorTime.now
            try ReceivedRequest.check(bytes, request.product)
            times[request.matrix.weight.weight] += ProcessorTime.now - start
            return bytes
        }
        self.weights = weights
    }

    /// Encrypts the server's matrices and sends them to the client.
    /// - Parameters:
    ///   - values: of all weights, by index.
    ///   - times: own work on each weight is added.
    /// - Returns: the bytes that were sent.
    static func send(
        _ weights: EncryptedWeights, _ values: [[UInt64]], under keys: ProductClient, to peer: any Channel,
        times: inout [Duration], seeds: inout some SeedSource
    ) throws -> Int {
        var (tag, sent) = (0, 0)
        for request in weights.requests {
            let (matrix, index) = (request.matrix, request.matrix.weight.weight)
            let start = ProcessorTime.now
            let transpose = LinearMap.permute(shape: [matrix.inner, matrix.columns], order: [1, 0])
            let transposed = Ring64().apply(matrix.weight.maps + [transpose], to: values[index])
            let bytes = try keys.request(transposed, in: request.product, seeds: &seeds)
            times[index] += ProcessorTime.now - start
            for tile in tiles(request.product) {
                let depth = UInt32(TwoPartyTransfers.setupRounds + 1)
                try peer.send(Frame(tag: FrameTag.setupWeight(index: tag), depth: depth, payload: Array(bytes[tile])))
                (tag, sent) = (tag + 1, sent + tile.count)
            }
        }
        return sent
    }

    /// Byte ranges of a request's frames.
    private static func tiles(_ product: EncryptedProduct) -> [Range<Int>] {
        stride(from: 0, to: product.requestBytes, by: EncryptedWeights.tileBytes).map {
            $0..<min($0 + EncryptedWeights.tileBytes, product.requestBytes)
        }
    }
}

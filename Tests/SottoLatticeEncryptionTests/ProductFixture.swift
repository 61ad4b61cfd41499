import SottoLatticeEncryption
import SottoRandomness
import TestSupport

/// A client and a server with keys, and a product of theirs.
struct ProductFixture {
    let product: EncryptedProduct
    let client: ProductClient
    let server: ProductServer
    var seeds: InsecureSeededSource

    var shape: MatrixProduct { product.product }
    var ringMask: UInt64 { .max >> UInt64(64 - shape.width) }

    init(
        _ shape: MatrixProduct, seed: UInt64, kernel: LatticeKernel = .fastest, layout: ProductLayout? = nil
    ) throws {
        let parameters = try LatticeParameters.smallest(for: [shape])
        product = try EncryptedProduct(shape, parameters, layout: layout)
        seeds = InsecureSeededSource(seed)
        client = try ProductClient(parameters, seeds: &seeds, kernel: kernel)
        server = try ProductServer(parameters, setup: client.setup, kernel: kernel)
    }

    /// Entries of the client's matrix: uniform words, the ends of the ring first.
    func mask(_ generator: inout SeededGenerator) -> [UInt64] {
        (0..<(shape.rows * shape.inner)).map { index in
            index == 0 ? ringMask : index == 1 ? 1 << UInt64(shape.width - 1) : generator.next()
        }
    }

    /// Entries of the server's matrix, from end to end of what is declared.
    func matrix(_ generator: inout SeededGenerator) -> [UInt64] {
        let end = UInt64(1) << UInt64(shape.magnitudeBits)
        return (0..<(shape.inner * shape.columns)).map { index in
            let magnitude = index % 3 == 0 ? end : UInt64.random(in: 0...end, using: &generator)
            return generator.next() & 1 == 0 ? magnitude : 0 &- magnitude
        }
    }

    /// `R·W` modulo `2^width`.
    func expected(_ mask: [UInt64], _ matrix: [UInt64]) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: shape.rows * shape.columns)
        for i in 0..<shape.rows {
            for l in 0..<shape.inner {
                for j in 0..<shape.columns {
                    result[i * shape.columns + j] &+= mask[i * shape.inner + l] &* matrix[l * shape.columns + j]
                }
            }
        }
        return result.map { $0 & ringMask }
    }

    func sum(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { zip(x, y).map { ($0 &+ $1) & ringMask } }

    /// Runs the product once; the sum of both shares.
    mutating func run(
        _ mask: [UInt64], _ matrix: [UInt64]
    ) throws -> (sum: [UInt64], request: [UInt8], response: [UInt8]) {
        let request = try client.request(mask, in: product, seeds: &seeds)
        let (response, share) = try server.respond(to: request, matrix, in: product, seeds: &seeds)
        return (sum(try client.finish(response, in: product), share), request, response)
    }
}

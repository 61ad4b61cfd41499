import Foundation
import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness

/// Prints how fast polynomials are transformed with each kernel, and what products of the layers of GPT-2 small take: bytes
/// of their messages and seconds of processor time of each step, one thread. Every product is compared with the exact one in
/// some rows. Arguments choose among transforms, products, elements and rows.
@main
enum Lattice {
    static func main() throws {
        let chosen = Set(CommandLine.arguments.dropFirst())
        func isChosen(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }
        if isChosen("transforms") { measureTransforms() }
        if isChosen("products") {
            for (rows, inner, columns, width, bits) in [
                (128, 768, 768, 46, 17), (128, 768, 3072, 46, 17), (128, 3072, 768, 46, 17), (128, 768, 768, 36, 17),
                (128, 64, 128, 46, 45), (1, 768, 768, 46, 17),
            ] {
                try measure(
                    MatrixProduct(rows: rows, inner: inner, columns: columns, width: width, magnitudeBits: bits))
            }
        }
        if isChosen("elements") {
            for (count, width) in [(128 * 768, 46), (128 * 768, 64)] {
                try measure(ElementProduct(count: count, width: width))
            }
        }
        if isChosen("rows") { for width in [45, 64] { try measureRows(width: width) } }
    }

    private struct WrongResult: Error {}

    // MARK: Transforms

    private static func measureTransforms() {
        for degree in [4096, 8192, 16384] {
            for kernel in LatticeKernel.allCases where kernel.isAvailable {
                let transform = NegacyclicTransform(primeBits: 45, degree: degree, kernel: kernel)
                var x = (0..<degree).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 % transform.prime }
                let forward = fastest { transform.forward(&x) }
                let inverse = fastest { transform.inverse(&x) }
                print(
                    "transform of degree \(degree), \(kernel): forward \(microseconds(forward)), "
                        + "inverse \(microseconds(inverse))")
            }
        }
    }

    /// The median of five runs of 200.
    private static func fastest(_ body: () -> Void) -> Double {
        let times = (0..<5).map { _ in
            seconds { for _ in 0..<200 { body() } } / 200
        }
        return times.sorted()[2]
    }

    // MARK: Products

    private static func measure(_ declared: MatrixProduct) throws {
        let parameters = try LatticeParameters.smallest(for: [declared])
        let product = try EncryptedProduct(declared, parameters)
        let (k, m, n) = (declared.rows, declared.inner, declared.columns)
        print("[\(k), \(m)] x [\(m), \(n)] modulo 2^\(declared.width), entries up to 2^\(declared.magnitudeBits)")
        describe(parameters)
        print("  request \(product.requestBytes) B, response \(product.responseBytes) B")
        var generator = SystemRandomNumberGenerator()
        let end = Int64(1) << Int64(declared.magnitudeBits)
        let mask = (0..<(k * m)).map { _ in generator.next() }
        let matrix = (0..<(m * n)).map { _ in UInt64(bitPattern: Int64.random(in: -end...end, using: &generator)) }
        var seeds = SystemSeedSource()
        let (client, server) = try makeParties(parameters, &seeds)
        var (request, response, share, result): ([UInt8], [UInt8], [UInt64], [UInt64]) = ([], [], [], [])
        let requesting = try seconds { request = try client.request(mask, in: product, seeds: &seeds) }
        let responding = try seconds {
            (response, share) = try server.respond(to: request, matrix, in: product, seeds: &seeds)
        }
        let finishing = try seconds { result = try client.finish(response, in: product) }
        print("  request \(text(requesting)) s, response \(text(responding)) s, shares \(text(finishing)) s")
        let shift = UInt64(64 - declared.width)
        for row in Set([0, k / 2, k - 1]) {
            for column in 0..<n {
                let exact = (0..<m).reduce(UInt64(0)) { $0 &+ mask[row * m + $1] &* matrix[$1 * n + column] }
                let sum = share[row * n + column] &+ result[row * n + column]
                guard (sum &- exact) << shift == 0 else { throw WrongResult() }
            }
        }
    }

    private static func measure(_ declared: ElementProduct) throws {
        let parameters = try LatticeParameters.smallest(for: [], elements: [declared])
        let product = try EncryptedElementProduct(declared, parameters)
        let bytes = product.requestBytes + product.responseBytes
        print("\(declared.count) products of elements modulo 2^\(declared.width)")
        describe(parameters)
        let each = String(format: "%.1f", Double(bytes) / Double(declared.count))
        print("  request \(product.requestBytes) B, response \(product.responseBytes) B, \(each) B an element")
        var generator = SystemRandomNumberGenerator()
        let x = (0..<declared.count).map { _ in generator.next() }
        let y = (0..<declared.count).map { _ in generator.next() }
        var seeds = SystemSeedSource()
        let (client, server) = try makeParties(parameters, &seeds)
        var (request, response, share, result): ([UInt8], [UInt8], [UInt64], [UInt64]) = ([], [], [], [])
        let requesting = try seconds { request = try client.request(x, in: product, seeds: &seeds) }
        let responding = try seconds {
            (response, share) = try server.respond(to: request, y, in: product, seeds: &seeds)
        }
        let finishing = try seconds { result = try client.finish(response, in: product) }
        print("  request \(text(requesting)) s, response \(text(responding)) s, shares \(text(finishing)) s")
        let shift = UInt64(64 - declared.width)
        for i in 0..<declared.count where (share[i] &+ result[i] &- x[i] &* y[i]) << shift != 0 { throw WrongResult() }
    }

    /// The products of LayerNorm and softmax in one layer on 128 positions, under the parameters of all of them.
    private static func measureRows(width: Int) throws {
        let norm = try RowProduct(Segments(rows: 128, columns: 768), width: width)
        let softmax = try RowProduct(Segments(groups: 12, lengths: Array(1...128)), width: width)
        let dots = try RowDots(rows: 128, columns: 768, width: width)
        let parameters = try LatticeParameters.smallest(rows: [norm: 4, softmax: 2], dots: [dots: 2])
        print("rows modulo 2^\(width)")
        describe(parameters)
        var seeds = SystemSeedSource()
        let (client, server) = try makeParties(parameters, &seeds)
        var generator = SystemRandomNumberGenerator()
        for declared in [norm, softmax] {
            let product = try EncryptedRowProduct(declared, parameters)
            let numbers = (0..<declared.rows.rowCount).map { _ in generator.next() }
            let elements = (0..<declared.rows.elementCount).map { _ in generator.next() }
            print("  \(numbers.count) rows with a number each, \(elements.count) elements")
            let sums = try measureSteps(
                request: { try client.request(numbers, in: product, seeds: &seeds) },
                respond: { try server.respond(to: $0, elements, in: product, seeds: &seeds) },
                finish: { try client.finish($0, in: product) })
            let spread = declared.rows.lengths.indices.flatMap {
                [UInt64](repeating: numbers[$0], count: declared.rows.lengths[$0])
            }
            for (i, number) in spread.enumerated() where (sums[i] &- number &* elements[i]) << UInt64(64 - width) != 0 {
                throw WrongResult()
            }
        }
        let product = try EncryptedRowDots(dots, parameters)
        let (x, y) = ((0..<128 * 768).map { _ in generator.next() }, (0..<128 * 768).map { _ in generator.next() })
        print("  128 dot products of 768 elements")
        let sums = try measureSteps(
            request: { try client.request(x, in: product, seeds: &seeds) },
            respond: { try server.respond(to: $0, y, in: product, seeds: &seeds) },
            finish: { try client.finish($0, in: product) })
        for row in 0..<128 {
            let exact = (row * 768..<(row + 1) * 768).reduce(UInt64(0)) { $0 &+ x[$1] &* y[$1] }
            guard (sums[row] &- exact) << UInt64(64 - width) == 0 else { throw WrongResult() }
        }
    }

    /// Prints what the steps of a product take; both shares' sums.
    private static func measureSteps(
        request: () throws -> [UInt8], respond: ([UInt8]) throws -> (response: [UInt8], share: [UInt64]),
        finish: ([UInt8]) throws -> [UInt64]
    ) throws -> [UInt64] {
        var (message, answer, result): ([UInt8], (response: [UInt8], share: [UInt64]), [UInt64]) = ([], ([], []), [])
        let times = [
            try seconds { message = try request() }, try seconds { answer = try respond(message) },
            try seconds { result = try finish(answer.response) },
        ].map(text)
        print("    request \(message.count) B, response \(answer.response.count) B")
        print("    request \(times[0]) s, response \(times[1]) s, shares \(times[2]) s")
        return zip(result, answer.share).map { $0 &+ $1 }
    }

    private static func makeParties(
        _ parameters: LatticeParameters, _ seeds: inout SystemSeedSource
    ) throws -> (ProductClient, ProductServer) {
        let start = threadSeconds()
        let client = try ProductClient(parameters, seeds: &seeds)
        let made = threadSeconds()
        let server = try ProductServer(parameters, setup: client.setup)
        let times = [made - start, threadSeconds() - made].map(text)
        print("  setup \(client.setup.count) B: client \(times[0]) s, server \(times[1]) s")
        return (client, server)
    }

    private static func describe(_ parameters: LatticeParameters) {
        print(
            "  degree \(parameters.degree), \(parameters.primes.count) primes of \(parameters.primeBits) bits, "
                + "\(parameters.packingLevels) levels of packing")
    }

    /// Processor time of this thread, on which all is done.
    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = threadSeconds()
        try body()
        return threadSeconds() - start
    }

    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func text(_ seconds: Double) -> String { String(format: "%.3f", seconds) }
    private static func microseconds(_ seconds: Double) -> String { String(format: "%.1f us", seconds * 1e6) }
}

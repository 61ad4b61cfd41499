import SottoAlgebra
import SottoLatticeEncryption
import SottoObliviousTransfer

/// A product `R·W` of the client's `rows x inner` with a matrix of the server, and which matrix that is.
package struct ServerMatrixProduct: Sendable {
    package let weight: WeightView
    package let product: MatrixProduct

    package init(weight: WeightView, product: MatrixProduct) {
        self.weight = weight
        self.product = product
    }
}

/// The server's matrices that the client keeps under the server's encryption: sent once, in a session's setup, they serve all
/// of its runs, in which the client multiplies them by its masks (Nimbus, NeurIPS 2024, arXiv 2411.15707).
///
/// `(R·W)^T = W^T·R^T` is an ``EncryptedProduct`` with the roles exchanged: the request is `W^T`, `columns x inner`, and the
/// client answers with `R^T`, whose entries are any of their ring.
///
/// - Communication: ``bytes`` from the server in the setup; of each product, in a run, ``EncryptedProduct/responseBytes`` from
///   the client.
package struct EncryptedWeights: Sendable, Hashable {
    /// A matrix, `inner x columns`, in a ring of so many bits.
    struct Matrix: Hashable, Sendable {
        let weight: WeightView
        let inner: Int
        let columns: Int
        let width: Int

        init(_ use: ServerMatrixProduct) {
            weight = use.weight
            (inner, columns, width) = (use.product.inner, use.product.columns, use.product.width)
        }

        /// `W^T·R^T` for R of so many rows.
        func product(rows: Int) throws(LatticeError) -> MatrixProduct {
            try MatrixProduct(rows: columns, inner: inner, columns: rows, width: width, magnitudeBits: width - 1)
        }
    }

    /// A matrix, and a product that has it as its request.
    struct Request: Hashable, Sendable {
        let matrix: Matrix
        let product: EncryptedProduct
    }

    /// Whose keys they are under; the server has them.
    let parameters: LatticeParameters
    /// In the order in which they are sent.
    let requests: [Request]
    private let places: [Matrix: Int]

    /// Payload bytes of a frame at most.
    static let tileBytes = 4 << 20

    /// Those of a plan that are cheaper sent once than asked for in each of so many runs like it; nil where there are none.
    ///
    /// A session of one run has none: what is sent once is as long as the requests of about a dozen runs.
    /// - Throws: `LatticeError.noParameters` where no encryption holds the plan's products.
    init?(_ plan: CorrelationPlan, inferences: Int, _ transfers: TransferPlan) throws {
        guard inferences > 1 else { return nil }
        let inferences = min(inferences, 1 << 20)
        let without = try MakingSchedule(plan, transfers)
        guard let encryption = without.encryption else { return nil }
        let uses = Self.uses(plan)
        var best: (weights: EncryptedWeights?, bytes: Int) = (nil, Self.bytes(without, inferences))
        for parameters in try Self.rings(plan, uses) {
            let requests = uses.compactMap { matrix, products in
                Self.request(matrix, products, inferences, parameters, encryption)
            }
            guard !requests.isEmpty else { continue }
            var memory = PreprocessingMemory()
            let weights = EncryptedWeights(parameters, requests)
            memory.weights = weights
            // The other products may have other rings then.
            let bytes = weights.bytes + Self.bytes(try MakingSchedule(plan, transfers, memory), inferences)
            if bytes < best.bytes { best = (weights, bytes) }
        }
        guard let weights = best.weights else { return nil }
        self = weights
    }

    /// The products with each matrix, in the order of the plan.
    private static func uses(_ plan: CorrelationPlan) -> [(matrix: Matrix, products: [MatrixProduct])] {
        var uses: [(matrix: Matrix, products: [MatrixProduct])] = []
        var places: [Matrix: Int] = [:]
        for correlation in plan.correlations {
            guard let use = (correlation as? any TwoPartyCorrelation)?.serverMatrix else { continue }
            let matrix = Matrix(use)
            if let place = places[matrix] {
                uses[place].products.append(use.product)
            } else {
                places[matrix] = uses.count
                uses.append((matrix, [use.product]))
            }
        }
        return uses
    }

    /// Of keys and so many runs.
    private static func bytes(_ schedule: MakingSchedule, _ inferences: Int) -> Int {
        schedule.keyBytes().total + inferences * schedule.costs.reduce(0) { $0 + $1.total }
    }

    private init(_ parameters: LatticeParameters, _ requests: [Request]) {
        self.parameters = parameters
        self.requests = requests
        places = Dictionary(uniqueKeysWithValues: requests.enumerated().map { ($1.matrix, $0) })
    }

    /// The rings to choose from: the one that either party has keys for anyway, and the one that suits these products.
    private static func rings(
        _ plan: CorrelationPlan, _ uses: [(matrix: Matrix, products: [MatrixProduct])]
    ) throws -> [LatticeParameters] {
        var products: [MatrixProduct: Int] = [:]
        for (matrix, ofMatrix) in uses {
            for product in ofMatrix {
                // As long as runs stay below the next power of two, nothing has to be proved anew.
                guard let product = try? matrix.product(rows: product.rows.roundedToPower) else { continue }
                products[product, default: 0] += 1
            }
        }
        let others = plan.correlations.compactMap { $0 as? any TwoPartyCorrelation }.filter { $0.serverMatrix == nil }
        let own = try? LatticeParameters.smallest(for: MatrixRings.ordered(products))
        let mutual = try PlanEncryption(for: others.map(\.encrypted))?.mutual
        // Both parties have to find the same.
        return (mutual == own ? [own] : [mutual, own]).compactMap { $0 }
    }

    /// The request with a matrix in the layout with which its products take the fewest bytes; nil where that saves none in all
    /// runs together.
    private static func request(
        _ matrix: Matrix, _ products: [MatrixProduct], _ inferences: Int, _ parameters: LatticeParameters,
        _ encryption: PlanEncryption
    ) -> Request? {
        let asked = try? products.reduce(0) { bytes, product in
            let product = try encryption.product(product)
            return bytes + product.requestBytes + product.responseBytes
        }
        guard let asked else { return nil }
        var best: (request: Request, saved: Int)?
        for logInner in 0...parameters.degree.trailingZeroBitCount {
            let answers = products.compactMap { answer(matrix, rows: $0.rows, logInner, parameters) }
            guard answers.count == products.count, let request = answers.first else { continue }
            let saved = inferences * (asked - answers.reduce(0) { $0 + $1.responseBytes }) - request.requestBytes
            if saved > best?.saved ?? 0 { best = (Request(matrix: matrix, product: request), saved) }
        }
        return best?.request
    }

    /// The product with R of so many rows, whose request has blocks of `2^logInner` entries; nil where nothing is proved of it.
    private static func answer(
        _ matrix: Matrix, rows: Int, _ logInner: Int, _ parameters: LatticeParameters
    ) -> EncryptedProduct? {
        guard let product = try? matrix.product(rows: rows) else { return nil }
        let layout = ProductLayout.best(
            for: product, degree: parameters.degree, keyLevels: parameters.packingLevels, logBlockInner: logInner)
        return try? EncryptedProduct(product, parameters, layout: layout)
    }

    /// How the client answers for a product; nil where it does not have the matrix, or for so many rows that nothing is proved
    /// of it.
    func answer(_ use: ServerMatrixProduct) -> EncryptedProduct? {
        place(of: use).flatMap { place in
            Self.answer(
                Matrix(use), rows: use.product.rows, requests[place].product.layout.logBlockInner, parameters)
        }
    }

    /// Where the request with the matrix of a product is.
    func place(of use: ServerMatrixProduct) -> Int? { places[Matrix(use)] }

    /// Of all requests.
    var bytes: Int { requests.reduce(0) { $0 + $1.product.requestBytes } }

    /// Bytes of the requests with each weight, by the weight's index.
    func bytes(ofWeight index: Int) -> Int {
        requests.reduce(0) { $0 + ($1.matrix.weight.weight == index ? $1.product.requestBytes : 0) }
    }
}

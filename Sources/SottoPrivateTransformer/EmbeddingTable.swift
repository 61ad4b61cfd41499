import SottoModel
import SottoSecureComputation

/// How the embeddings of all tokens lie in a matrix of the server: those of several tokens one after the other in each row,
/// zeros after the last.
///
/// The client's one-hot row of a token is as long as there are rows. Their product is a row of the matrix, of which the client
/// then chooses the token's part. With one token in a row there is nothing to choose.
public struct EmbeddingTable: Sendable, Hashable {
    /// Tokens.
    public let vocabulary: Int
    /// Elements of an embedding.
    public let width: Int
    public let tokensOfRow: Int

    /// - Precondition: positive sizes.
    public init(vocabulary: Int, width: Int, tokensOfRow: Int = 1) {
        precondition(vocabulary > 0 && width > 0 && tokensOfRow > 0)
        self.vocabulary = vocabulary
        self.width = width
        self.tokensOfRow = tokensOfRow
    }

    public var rows: Int { (vocabulary + tokensOfRow - 1) / tokensOfRow }
    public var columns: Int { tokensOfRow * width }
    /// The most elements that a position has in its look-up.
    var elementsOfPosition: Int { max(rows, columns) }
}

// MARK: Look-up

extension EmbeddingTable {
    /// The embeddings `[positions, width]` of some of the client's tokens: the products of one-hot rows with the matrix, and of
    /// these rows the tokens' parts.
    /// - Parameters:
    ///   - positions: of all tokens.
    ///   - ringWidth: of the ring that embeddings are wanted in.
    ///   - bounds: of their magnitudes, and of the matrix's entries.
    /// - Communication: for `n` positions, with `r` rows of `t` tokens: `ceil(n·r·k/8)` bytes from the client in the first round;
    ///   with more than one token in a row those of a choice, `ceil(n·(t-1)/8)` from the client beside them, and
    ///   `ceil(n·(t-1)·width·k/8)` from the server in a second round.
    package func lookUp(
        _ range: Range<Int>, of positions: Int, width ringWidth: Int, bounds: (values: Double, weights: Double),
        in builder: ProgramBuilder
    ) throws -> Secret {
        let oneHot = builder.input(
            rowInput, owner: .client, shape: [positions, rows], rows: range, scale: 0, bound: 1)
        let matrix = ServerTensor(
            name: tensor, shape: [rows, columns], scale: NumericFormat().weightFractionBits, width: ringWidth,
            bound: bounds.weights)
        let product = try builder.multiply(
            try builder.maskForServer(oneHot.narrowed(to: ringWidth)), server: matrix,
            shape: .matrix(batch: 1, m: range.count, k: rows, n: columns),
            outputShape: [range.count, tokensOfRow, width], bound: bounds.values)
        guard tokensOfRow > 1 else { return product.reshaped([range.count, width]) }
        let places = builder.clientBits(placeInput, shape: [positions, tokensOfRow - 1], rows: range)
        return try builder.choose(places, of: product)
    }
}

// MARK: Costs

extension EmbeddingTable {
    /// The table with the fewest bytes for a token where it saves a third of those with one token in a row, as a look-up then
    /// takes a round more; else that one. It follows from sizes alone, so that all passes of a session have the same table.
    ///
    /// With a dealer there is one token in a row: one-hot rows travel under a mask once, without encryption.
    public static func cheapest(for architecture: Architecture, in target: Target) -> EmbeddingTable {
        let (vocabulary, width) = (architecture.vocabulary, architecture.width)
        let plain = EmbeddingTable(vocabulary: vocabulary, width: width)
        guard !target.usesDealer else { return plain }
        let ring = TransformerBuilder.hiddenWidth(
            architecture.bounds.bound(.residual), ProgramBuilder(target: target))
        let weightBits = NumericFormat().weightFractionBits + Self.log2(Int(architecture.bounds.bound(.weights)) + 1)
        func bits(_ tokensOfRow: Int) -> Int {
            EmbeddingTable(vocabulary: vocabulary, width: width, tokensOfRow: tokensOfRow)
                .bitsOfToken(ringWidth: ring, weightBits: min(ring, weightBits))
        }
        // An entry of a one-hot row takes less than four times what one of its product does.
        let best = (1...vocabulary).prefix { $0 * $0 <= 4 * vocabulary }.min { bits($0) < bits($1) } ?? 1
        return 3 * bits(best) <= 2 * bits(1)
            ? EmbeddingTable(vocabulary: vocabulary, width: width, tokensOfRow: best) : plain
    }

    /// About what a token's look-up takes without a dealer in a ring of so many bits, in runs so long that ciphertexts are full:
    /// a one-hot row's entries, encrypted in the request and once more under a mask; the response's entries; and all of the
    /// response's tokens but one in the choice.
    private func bitsOfToken(ringWidth: Int, weightBits: Int) -> Int {
        let request = ringWidth + weightBits + Self.noiseBits + Self.log2(vocabulary * width)
        let response = 2 * ringWidth + Self.responseBits
        return rows * (request + ringWidth) + columns * response + (tokensOfRow - 1) * (width * ringWidth + 1)
    }

    /// Of a modulus beyond the ring's bits, those of a weight, and those of a table's elements: 40 bits of statistical security
    /// and the elements of 128 positions.
    private static let noiseBits = 47
    /// An entry's two coefficients in a ring of degree 2^13 have so many bits beyond the ring's.
    private static let responseBits = 16

    /// Rounded up.
    private static func log2(_ count: Int) -> Int { Int.bitWidth - (count - 1).leadingZeroBitCount }
}

// MARK: Names

extension EmbeddingTable {
    /// The client's one-hot rows, `[positions, rows]`.
    var rowInput: String { tokensOfRow == 1 ? ForwardPass.tokens : "\(ForwardPass.tokens)/\(tokensOfRow)/row" }
    /// The client's choices within rows, `[positions, tokensOfRow - 1]`: nothing for the first.
    var placeInput: String { "\(ForwardPass.tokens)/\(tokensOfRow)/place" }
    /// The server's matrix, `[rows, columns]`.
    var tensor: String {
        tokensOfRow == 1 ? ServerTensorName.embedding : "\(ServerTensorName.embedding)/\(tokensOfRow)"
    }

    /// The tokens of a row of the matrix of that name; nil where it is none.
    static func tokensOfRow(tensor name: String) -> Int? {
        if name == ServerTensorName.embedding { return 1 }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == ServerTensorName.embedding, let tokens = Int(parts[1]), tokens > 1
        else { return nil }
        return tokens
    }

    /// An input of the client with a one-hot row for each token, or one without any bit.
    struct OneHot {
        let columns: Int
        private let tokensOfRow: Int
        private let isPlace: Bool

        /// Nil where the name is none of such an input.
        init?(input name: String, vocabulary: Int) {
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.first.map(String.init) == ForwardPass.tokens else { return nil }
            guard parts.count > 1 else {
                (columns, tokensOfRow, isPlace) = (vocabulary, 1, false)
                return
            }
            guard parts.count == 3, let tokens = Int(parts[1]), (2...max(2, vocabulary)).contains(tokens),
                parts[2] == "row" || parts[2] == "place"
            else { return nil }
            tokensOfRow = tokens
            isPlace = parts[2] == "place"
            columns = isPlace ? tokens - 1 : (vocabulary + tokens - 1) / tokens
        }

        /// Where the row of a token has its bit.
        func column(of token: Int) -> Int? {
            guard isPlace else { return token / tokensOfRow }
            let place = token % tokensOfRow
            return place == 0 ? nil : place - 1
        }
    }
}

import SottoAlgebra
import SottoApproximation
import SottoModel
import SottoPreprocessing
import SottoSecureComputation

/// What a pass asks of those who run it and of who deals for it. All are upper bounds from closed formulas, within a small
/// factor of what the program has; nothing is built to know them.
package struct PassSize: Sendable, Hashable {
    /// Instructions of the program.
    package let instructions: Double
    /// Elements of the largest tensor.
    package let largestTensor: Double
    /// Bytes that preprocessing sends for the largest correlation.
    package let largestCorrelation: Double
    /// Multiplications and additions, products of masks included.
    package let work: Double
}

extension ForwardPass {
    package func size(in target: Target, tiling: Tiling = .standard) -> PassSize {
        // Doubles cannot overflow here: the largest architecture's sizes multiply to less than 10^20.
        let model = architecture
        let (rows, total) = (Double(new), Double(total))
        let (width, vocabulary) = (Double(model.width), Double(model.vocabulary))
        let isWhole = output != .blocks
        let outputs = Double(outputPositions)
        let projected = Double(model.queryKeyValueWidth)
        let inner = Double(model.layers.map { model.feedForwardInputWidth($0) }.max() ?? 1)
        let square = Double(model.heads) * rows * total
        let triangle = Double(model.heads) * rows * (Double(past) + (rows + 1) / 2)

        let tensors = [
            square, rows * projected, rows * inner, projected * width, inner * width,
            Double(model.heads) * Double(model.context),
        ]
        let table = EmbeddingTable.cheapest(for: model, in: target)
        let (columns, positionElements) = (Double(table.columns), Double(table.elementsOfPosition))
        let ends =
            isWhole
            ? [rows * vocabulary, Double(table.rows) * columns, rows * columns, Double(model.context) * width] : []
        let largest = (tensors + ends).max() ?? 0

        let element = Double(WireSize.bytes(count: 1, width: target.domain.maximumWidth))
        let activation = Self.largestActivation(of: model, in: target)
        // What is nonlinear is cut by elements, products by rows.
        func cut(_ elements: Double) -> Double { min(elements, Double(tiling.elements)) }
        func product(_ rows: Double, _ inputs: Double, _ outputs: Double) -> Double {
            min(rows, max(8, Double(tiling.linearElements) / inputs)) * outputs * element
        }
        let scoreRows = min(rows, past.isMultiple(of: 16) ? Self.scoreRows(model, total, tiling) : rows)
        let correlations = [
            Double(model.heads) * scoreRows * total * element,
            cut(triangle) * BuiltInFunctions.exponential.correlationBytes(in: target),
            cut(rows * inner) * activation, rows * inner * element, product(rows, width, projected),
            Self.rowBytes(cut(rows), model, target), rows * width * element,
            isWhole ? max(product(rows, positionElements, columns), product(outputs, vocabulary, vocabulary)) : 0,
            exactOpenings
                ? cut(outputs * (isWhole ? vocabulary : width))
                    * target.correlationBytes(thresholds: 4, degree: 1) : 0,
        ]

        let layers = Double(model.layers.count)
        let matrices = rows * width * (projected + width + 2 * inner)
        let scalar = (triangle + rows * inner) * 1024
        let head = isWhole ? rows * Double(table.rows) * columns + outputs * vocabulary * width : 0
        return PassSize(
            instructions: 64
                + (isWhole ? 16 * rows / max(8, Double(tiling.linearElements) / max(vocabulary, positionElements)) : 0)
                + layers
                * Self.instructions(
                    scoreTiles: (rows / scoreRows).rounded(.up), levels: total.significantBits,
                    nonlinearTiles: [triangle, rows * inner, rows * projected].map {
                        $0 / Double(tiling.elements) + 1
                    }), largestTensor: largest,
            largestCorrelation: correlations.max() ?? 0,
            work: layers * (matrices + 2 * square * Double(model.headWidth) + scalar) + head)
    }

    /// Rows of a tile of scores at most.
    private static func scoreRows(_ model: Architecture, _ total: Double, _ tiling: Tiling) -> Double {
        max(16, Double(tiling.linearElements) / (4 * Double(model.heads) * total))
    }

    /// Instructions of a layer: those of an uncut one, and those of tiles.
    private static func instructions(scoreTiles: Double, levels: Double, nonlinearTiles: [Double]) -> Double {
        let further = nonlinearTiles.reduce(0, +) - Double(nonlinearTiles.count)
        return 96 + 16 * levels + (scoreTiles - 1) * (40 + 12 * levels) + 12 * further
    }

    /// Bytes of an element's largest correlation in the costliest activation.
    private static func largestActivation(of model: Architecture, in target: Target) -> Double {
        let bytes = Set(model.layers.map(\.activation)).map { activation -> Double in
            switch activation {
            case .identity: 0
            case .relu: target.correlationBytes(thresholds: 1, degree: 1)
            case .gelu: BuiltInFunctions.gelu.correlationBytes(in: target)
            case .geluNew: BuiltInFunctions.geluNew.correlationBytes(in: target)
            case .silu: BuiltInFunctions.silu.correlationBytes(in: target)
            }
        }
        return bytes.max() ?? 0
    }

    /// Bytes of what there is once a row: a sum normalised by up to 62 buckets, heads of a softmax included.
    private static func rowBytes(_ rows: Double, _ model: Architecture, _ target: Target) -> Double {
        rows * Double(model.heads) * target.correlationBytes(thresholds: 62, degree: 1)
    }
}

extension Double {
    /// Bits of the number's whole part.
    fileprivate var significantBits: Double { self < 1 ? 0 : Double(exponent) + 1 }
}

extension PiecewisePolynomial {
    fileprivate func correlationBytes(in target: Target) -> Double {
        target.correlationBytes(thresholds: knots.count, degree: degree)
    }
}

/// The most that a process runs or deals for others. Requests beyond it are refused before a program is built.
///
/// The defaults let GPT-2 small run at 1024 positions and every layer of LLaMA-7B at 1024.
public struct PassBudget: Sendable, Hashable {
    /// Earlier and new positions together.
    public var positions: Int
    public var instructions: Int
    /// Elements of the largest tensor.
    public var largestTensor: Int
    /// Bytes of the largest correlation, which travels in one frame.
    public var largestCorrelation: Int
    /// Multiplications and additions of a run.
    public var work: Int

    public init(
        positions: Int = 4096, instructions: Int = 1 << 20, largestTensor: Int = 1 << 28,
        largestCorrelation: Int = 1 << 30, work: Int = 1 << 44
    ) {
        self.positions = positions
        self.instructions = instructions
        self.largestTensor = largestTensor
        self.largestCorrelation = largestCorrelation
        self.work = work
    }

    /// - Throws: ``PassBudgetError`` naming the first limit that the pass exceeds.
    package func check(_ pass: ForwardPass, in target: Target) throws(PassBudgetError) {
        let size = pass.size(in: target)
        let demands: [(String, Double, Int)] = [
            ("positions", Double(pass.total), positions), ("instructions", size.instructions, instructions),
            ("elements of its largest tensor", size.largestTensor, largestTensor),
            ("bytes of its largest correlation", size.largestCorrelation, largestCorrelation),
            ("multiplications and additions", size.work, work),
        ]
        for (name, asked, limit) in demands where asked > Double(limit) {
            throw PassBudgetError(quantity: name, asked: Int(min(asked, 0x1p62)), limit: limit)
        }
    }
}

/// A pass that is too large for who was asked for it.
public struct PassBudgetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What there is too much of.
    public let quantity: String
    public let asked: Int
    public let limit: Int

    package init(quantity: String, asked: Int, limit: Int) {
        self.quantity = quantity
        self.asked = asked
        self.limit = limit
    }

    public var description: String {
        "A run of up to \(asked) \(quantity) was asked for and \(limit) are allowed; "
            + "ask for fewer positions, or raise the limit where it was refused."
    }
}

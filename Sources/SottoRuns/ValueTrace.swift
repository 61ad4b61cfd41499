import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation
import SottoSessions

/// The magnitudes of a run on plain fixed-point integers.
public struct ValueTrace: Sendable, Encodable {
    public struct Largest: Sendable, Encodable {
        public let path: String
        /// Of the raw integers.
        public fileprivate(set) var magnitude: UInt64
    }

    public struct Violation: Sendable, Encodable {
        public let path: String
        /// Of the raw integers.
        public let magnitude: UInt64
        /// Bits that the operation can hold.
        public let bits: Int
    }

    public let schemaVersion = CostReport.currentSchemaVersion
    /// Operations in program order.
    public private(set) var values: [Largest] = []
    /// The first wrong operation first.
    public private(set) var rangeViolations: [Violation] = []
    /// The operation that came nearest to its declared bound, or is farthest beyond it.
    public private(set) var range: CostReport.Range?

    private enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case values, range
        case rangeViolations = "range_violations"
    }

    /// Runs a model on plain fixed-point integers.
    /// - Parameter progress: told the fraction done.
    /// - Throws: ``RunError/unsuitableInput(output:)``, `ArchitectureError` for lengths that do not fit the context, and
    ///   what ``init(_:tensors:progress:)`` throws.
    public init(
        of model: NamedModel, _ output: ForwardPass.Output, input: SimulationInput,
        protocols: SessionConfiguration = .standard, progress: ((Double) -> Void)? = nil
    ) throws {
        try input.check(for: output)
        let pass = try ForwardPass(
            architecture: model.architecture, new: try input.positions(width: model.architecture.width),
            output: output, exactOpenings: protocols.exactOpenings)
        try self.init(
            pass.program(target: protocols.target),
            tensors: TensorSources([PreparedWeights(model.weights), try input.clientInput(model.architecture)]),
            progress: progress)
    }

    /// Runs a program on plain fixed-point integers.
    /// - Parameter progress: told the fraction done.
    /// - Throws: errors of the tensors, and `InterpreterError`.
    public init(_ program: Program, tensors: any TensorSource, progress: ((Double) -> Void)? = nil) throws {
        var places: [String: Int] = [:]
        var values: [Largest] = []
        let count = Double(max(program.instructionCount, 1))
        var done = 0.0
        let state = try PlaintextInterpreter().run(program, tensors: tensors) { path, elements in
            var largest: UInt64 = 0
            for element in elements { largest = max(largest, element.magnitude) }
            let place = places[path] ?? values.count
            if place == values.count {
                places[path] = place
                values.append(Largest(path: path, magnitude: largest))
            }
            values[place].magnitude = max(values[place].magnitude, largest)
            done += 1
            progress?(done / count)
        }
        self.values = values
        rangeViolations = state.violations.map { Violation(path: $0.path, magnitude: $0.magnitude, bits: $0.bits) }
        range = state.range.map { CostReport.Range($0) }
    }

    /// The magnitudes for people, or with `.csv` the largest ones alone.
    /// - Parameter width: characters of a line of text.
    public func rendered(as format: Table.Format = .text, width: Int = .max) -> String {
        var largest = Table(columns: [.init("operation", .left), .init("largest raw value"), .init("bits")])
        largest.rows = values.map { .init([$0.path, "\($0.magnitude)", "\(64 - $0.magnitude.leadingZeroBitCount)"]) }
        guard format != .csv else { return largest.rendered(as: .csv) }
        let nearest = range.map { range in
            "\(range.ok ? "Nearest to its bound" : "Farthest beyond its bound"): \(range.operation), "
                + "\(Quantity.decimal(range.magnitude)) of \(Quantity.decimal(range.bound)).\n"
        }
        guard !rangeViolations.isEmpty else {
            let fits = range?.ok ?? true ? "\nNo value leaves its range.\n" : "\n"
            return largest.rendered(as: format, width: width) + fits + (nearest ?? "")
        }
        var wrong = Table(columns: [.init("out of range", .left), .init("largest raw value"), .init("bits allowed")])
        wrong.rows = rangeViolations.map { .init([$0.path, "\($0.magnitude)", "\($0.bits)"]) }
        return wrong.rendered(as: format, width: width) + "\n" + (nearest.map { $0 + "\n" } ?? "")
            + largest.rendered(as: format, width: width)
    }
}

import CostModel
import SecureComputation
import SottoReporting

/// The magnitudes of a run on plain fixed-point integers.
struct ValueTrace: Encodable {
    struct Largest: Encodable {
        let path: String
        /// Of the raw integers.
        var magnitude: UInt64
    }

    struct Violation: Encodable {
        let path: String
        let magnitude: UInt64
        /// Bits that the operation can hold.
        let bits: Int
    }

    let schemaVersion = CostReport.currentSchemaVersion
    /// Operations in program order.
    private(set) var values: [Largest] = []
    /// The first wrong operation first.
    private(set) var rangeViolations: [Violation] = []
    /// The operation that came nearest to its declared bound, or is farthest beyond it.
    private(set) var range: CostReport.Range?

    private enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case values, range
        case rangeViolations = "range_violations"
    }

    init(_ program: Program, tensors: any TensorSource) throws {
        var places: [String: Int] = [:]
        var values: [Largest] = []
        let progress = ProgressBar("tracing values")
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
            progress.update(done / count)
        }
        progress.finish()
        self.values = values
        rangeViolations = state.violations.map { Violation(path: $0.path, magnitude: $0.magnitude, bits: $0.bits) }
        range = state.range.map { CostReport.Range($0) }
    }

    func rendered(as format: Table.Format, width: Int) -> String {
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

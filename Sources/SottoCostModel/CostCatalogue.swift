import SottoAlgebra
import SottoSecureComputation

/// What every primitive, function and architecture costs: the tables of `docs/costs.md`.
///
/// Each row is a small program that the cost interpreter ran, so that the tables say what the primitives declare and
/// nothing else. Rows of primitives are those of `ExamplePrograms`, others a new ``Entry``; no number is written down
/// anywhere.
public struct CostCatalogue: Sendable, Hashable, Codable {
    /// The cost of one program.
    public struct Row: Sendable, Hashable, Codable {
        public let name: String
        /// Shapes and ring widths.
        public let operands: String
        /// Elements or rows that the program works on, as the section's unit says.
        public let count: Int
        /// Online bytes by sender.
        public let bytesSent: ByParty<Int>
        public let rounds: Int
        /// Bytes from the dealer before the inputs are known, by receiver.
        public let dealerBytes: ByParty<Int>
        /// Bytes between the parties before the inputs are known, by sender, for correlations that they make by themselves:
        /// of the trees of OTs what is beyond those that the setup leaves; keys of encryption in sessions alone.
        public let offlineBytesSent: ByParty<Int>
        /// Bytes from the server to the client, once a session.
        public let setupBytes: Int

        private enum CodingKeys: String, CodingKey {
            case name, operands, count, rounds
            case bytesSent = "bytes_sent"
            case dealerBytes = "dealer_bytes"
            case offlineBytesSent = "offline_bytes_sent"
            case setupBytes = "setup_bytes"
        }
    }

    /// What a row's count counts.
    public enum Unit: String, Sendable, Hashable, Codable {
        case element
        case row
        /// One program as it is; costs are totals.
        case program
        /// One inference of a model with the setup of its session.
        case session
    }

    /// A table.
    public struct Section: Sendable, Hashable, Codable {
        public let title: String
        /// What the rows have in common, in a sentence or two.
        public let note: String
        public let unit: Unit
        public let rows: [Row]
    }

    /// A program of the paper's tables, such as a whole model.
    public struct Model: Sendable {
        public let name: String
        public let program: Program

        public init(name: String, program: Program) {
            self.name = name
            self.program = program
        }
    }

    /// Models that are shown in one table.
    public struct ModelGroup: Sendable {
        public let title: String
        public let note: String
        public let models: [Model]

        public init(title: String, note: String, models: [Model]) {
            self.title = title
            self.note = note
            self.models = models
        }
    }

    public let schemaVersion: Int
    public let sections: [Section]

    private enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case sections
    }

    /// Elements for costs of one element: bits of so many elements are whole bytes at every width.
    package static let elements = 1024
    /// Rows for costs of one row, for the same reason.
    package static let rows = 8
    /// Counts at which the totals of primitives are shown, to tell how they are rounded up.
    package static let roundingCounts = [1, 7, 8, 9, 1000]

    /// - Parameters:
    ///   - models: written by the caller, in the order of the tables.
    ///   - target: what all programs are written for, over a ring.
    /// - Throws: `ProgramError` where an operation does not fit its ring.
    public init(models: [ModelGroup] = [], target: Target) throws {
        schemaVersion = CostReport.currentSchemaVersion
        let counts = [Self.elements] + Self.roundingCounts
        sections =
            [
                Section(
                    title: "Primitives",
                    note: "The messages of one primitive, the tensors that it reads being there already.",
                    unit: .element,
                    rows: try Self.primitives.flatMap { entry in
                        try counts.map { try entry.row(count: $0, target: target) }
                    }),
                Section(
                    title: "Products of matrices",
                    note: "Masking the operands included, truncation of the result not.",
                    unit: .program, rows: try Self.products.map { try $0.row(count: 1, target: target) }),
                Section(
                    title: "Functions of elements",
                    note: "From \(Self.scale) fraction bits to \(Self.scale) in the narrowest ring.",
                    unit: .element,
                    rows: try Self.elementFunctions.map { try $0.row(count: Self.elements, target: target) }),
                Section(
                    title: "Functions of rows",
                    note:
                        "From \(Self.scale) fraction bits to \(Self.scale) in the narrowest ring, all rows equally long.",
                    unit: .row, rows: try Self.rowFunctions.map { try $0.row(count: Self.rows, target: target) }),
            ]
            + models.map { group in
                Section(title: group.title, note: group.note, unit: .session, rows: group.models.map(Row.init))
            }
    }
}

extension CostCatalogue {
    /// A row before it is counted.
    package struct Entry: Sendable {
        package let name: String
        package let operands: String
        /// Writes the operation for so many elements or rows.
        let write: @Sendable (ProgramBuilder, Int) throws -> Void

        init(_ name: String, _ operands: String, _ write: @escaping @Sendable (ProgramBuilder, Int) throws -> Void) {
            self.name = name
            self.operands = operands
            self.write = write
        }

        /// The operation for so many elements or rows, with everything that it needs.
        package func program(count: Int, target: Target) throws -> Program {
            let builder = ProgramBuilder(target: target)
            try write(builder, count)
            return builder.finish()
        }

        package func row(count: Int, target: Target) throws -> Row {
            Row(name: name, operands: operands, count: count, program: try program(count: count, target: target))
        }
    }

    package static let primitives = ExamplePrograms.elements.map { example in
        Entry(example.name, example.operands) { try example.write(in: $0, count: $1) }
    }

    /// Products of matrices, of the one shape that they say.
    package static let products = ExamplePrograms.matrices.map { example in
        Entry(example.name, example.operands) { b, _ in try example.write(in: b, count: ExamplePrograms.positions) }
    }
}

extension CostCatalogue.Row {
    fileprivate init(name: String, operands: String, count: Int, program: Program) {
        let cost = CostInterpreter().run(program)
        let counted = cost.instructions.filter { !ExamplePrograms.isGiven(path: $0.path) }
        let setup = program.target.preprocessing.setupRows(program.plan, inferences: 1)
            .reduce(0) { $0 + $1.cost.bytesSent.total }
        self.init(
            name: name, operands: operands, count: count, bytesSent: counted.reduce(.zero) { $0 + $1.bytesSent },
            rounds: counted.reduce(0) { $0 + $1.rounds }, dealerBytes: counted.reduce(.zero) { $0 + $1.dealerBytes },
            offlineBytesSent: counted.reduce(.zero) { $0 + $1.preprocessing.bytesSent }, setupBytes: setup)
    }

    /// A session of one inference, seeds included.
    fileprivate init(_ model: CostCatalogue.Model) {
        var session = SessionCost()
        session.recordSetup(of: model.program)
        session.record(model.program)
        let totals = session.report(
            CostReport.Configuration(
                model: model.name, architecture: model.name, target: model.program.target, context: 0, positions: "",
                insecure: false)
        ).totals
        self.init(
            name: model.name, operands: "", count: 1, bytesSent: totals.online.bytesSent,
            rounds: totals.online.rounds, dealerBytes: totals.offline.dealerBytes,
            offlineBytesSent: totals.offline.bytesSent, setupBytes: totals.setup.bytesSent.total)
    }
}

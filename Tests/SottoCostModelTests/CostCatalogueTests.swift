import Foundation
import SottoAlgebra
import SottoApproximation
import SottoCostModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoReporting
import SottoSecureComputation
import TestSupport
import Testing

/// The documentation's tables say what the protocols' formulas give and what is metered.
@Suite struct CostCatalogueTests {
    private static let entries =
        CostCatalogue.primitives + CostCatalogue.elementFunctions + CostCatalogue.rowFunctions

    /// Empty, one, and around the 8 bits of a byte, the 64 of a word and the 512 of eight words.
    private static let counts = [0, 1, 2, 7, 8, 9, 63, 64, 65, 511, 512, 513]

    private func row(_ entry: CostCatalogue.Entry, _ count: Int, metered run: ExactRun) throws -> CostCatalogue.Row {
        let row = try entry.row(count: count, target: .standard)
        // What is given is metered too, but not part of the row.
        let counted = run.metered.operations.filter { !ExamplePrograms.isGiven(path: $0.path) }
        func sum(_ phase: CostReport.Phase, _ bytes: KeyPath<CostReport.Operation, ByParty<Int>>) -> ByParty<Int> {
            let rows = counted.filter { $0.phase == phase && $0.path != DealerMethod.inferenceSeedsPath }
            return rows.reduce(ByParty<Int>.zero) {
                $0 + $1[keyPath: bytes]
            }
        }
        #expect(sum(.online, \.bytesSent) == row.bytesSent, "\(entry.name) of \(count)")
        #expect(sum(.offline, \.dealerBytes) == row.dealerBytes, "\(entry.name) of \(count)")
        #expect(sum(.setup, \.bytesSent) == [row.setupBytes, 0], "\(entry.name) of \(count)")
        let rounds = counted.filter { $0.phase == .online }.reduce(0) { $0 + $1.rounds }
        #expect(rounds == row.rounds, "\(entry.name) of \(count)")
        return row
    }

    @Test(arguments: entries.indices)
    func everyRowIsMetered(index: Int) throws {
        let entry = Self.entries[index]
        let isOfRows = index >= Self.entries.count - CostCatalogue.rowFunctions.count
        for count in isOfRows ? [0, 1, 3, 8] : Self.counts {
            let run = try ExactRun(entry.program(count: count, target: .standard), fill: .small(seed: 5, bits: 4))
            #expect(run.mismatch == nil, "\(entry.name) of \(count)")
            let row = try row(entry, count, metered: run)
            if count == 0 {
                #expect(run.frames.joined().allSatisfy { $0.isSetup }, "\(entry.name)")
                #expect(
                    row.bytesSent.values + row.dealerBytes.values + [row.setupBytes, row.rounds] == [0, 0, 0, 0, 0, 0])
            }
        }
    }

    @Test(arguments: CostCatalogue.products.indices)
    func everyProductIsMetered(index: Int) throws {
        let entry = CostCatalogue.products[index]
        let run = try ExactRun(entry.program(count: 1, target: .standard), fill: .small(seed: 5, bits: 4), threads: 2)
        #expect(run.mismatch == nil)
        _ = try row(entry, 1, metered: run)
    }

    /// `ceil(bits / 8)`.
    private static func bytes(_ bits: Int) -> Int { bits / 8 + (bits % 8 == 0 ? 0 : 1) }

    /// Bytes of server, client and dealer for `n` elements, by the formulas of docs/protocols.md.
    private static let formulas: [(name: String, operands: String, cost: @Sendable (Int) -> [Int], rounds: Int)] = [
        ("comparison", "1 threshold, ring of 8 bits", { comparison($0, 1, 7, planes: [6]) }, 2),
        ("comparison", "1 threshold, ring of 16 bits", { comparison($0, 1, 15, planes: [13, 2]) }, 3),
        ("comparison", "1 threshold, ring of 32 bits", { comparison($0, 1, 31, planes: [27, 6]) }, 3),
        ("comparison", "1 threshold, ring of 64 bits", { comparison($0, 1, 63, planes: [55, 13, 2]) }, 4),
        ("comparison", "7 thresholds, ring of 16 bits", { comparison($0, 7, 15, planes: [13, 2]) }, 3),
        ("comparison", "15 thresholds, ring of 16 bits", { comparison($0, 15, 15, planes: [13, 2]) }, 3),
        ("truncation", "by 16, within 46 bits", { [bytes($0), bytes($0), bytes(16 * $0)] }, 1),
        ("extension", "30 to 46 bits", { [bytes($0), bytes($0), bytes(16 * $0)] }, 1),
        ("truncation into a narrower ring", "by 16, 46 to 30 bits", { _ in [0, 0, 0] }, 0),
        ("opening under a mask", "46 bits", { [bytes(46 * $0), bytes(46 * $0), 0] }, 1),
        ("Beaver product", "of two masked, 46 bits", { [0, 0, bytes(46 * $0)] }, 0),
        (
            "product of two secrets", "both of the above, 46 bits",
            { [2 * bytes(46 * $0), 2 * bytes(46 * $0), bytes(46 * $0)] }, 1
        ),
        ("masking for the server", "46 bits", { [0, bytes(46 * $0), 0] }, 1),
        ("server product", "of a masked, 46 bits", { [0, 0, bytes(46 * $0)] }, 0),
        ("selection", "a value or zero, 30 bits", { selection($0, 1, degree: 1, 30) }, 1),
        ("selection", "one of 8 cubics, 62 bits", { selection($0, 7, degree: 3, 62) }, 1),
        ("selection with origins", "one of 8 cubics, 62 bits", { selection($0, 7, degree: 3, 62) }, 2),
        ("bits to numbers", "1 bit into 46", { [bytes($0), bytes($0), bytes(46 * $0)] }, 1),
        (
            "table of lines", "gelu, 30 bits",
            { n in
                let sent = [30, 9, 17, 1, 1, 14, 1].reduce(0) { $0 + bytes($1 * n) }
                // Indicators, products of bits; of lines a digit, 11 bits of offsets, 6 of slopes, each also times the
                // digit; the tail, the line's selection and its extension.
                let lines = [18] + Array(3...13) + (13...18).flatMap { [$0, $0] }
                return [sent, sent, ([352, 18] + lines + [30, 30, 28, 14]).reduce(0) { $0 + bytes($1 * n) }]
            }, 4
        ),
        (
            "exponential", "31 bits",
            { n in
                let sent = [31, 5, 2].reduce(0) { $0 + bytes($1 * n) }
                return [sent, sent, [160, 8, 54, 54, 54, 54].reduce(0) { $0 + bytes($1 * n) }]
            }, 3
        ),
        (
            "value or zero, by its sign", "30 bits",
            { n in
                let sent = [30, 10, 1].reduce(0) { $0 + bytes($1 * n) }
                return [sent, sent, [192, 83, 30, 30].reduce(0) { $0 + bytes($1 * n) }]
            }, 3
        ),
        ("opening to the client", "30 bits", { [bytes(30 * $0), 0, 0] }, 1),
        ("opening to both", "30 bits", { [bytes(30 * $0), bytes(30 * $0), 0] }, 1),
    ]

    /// - Parameters:
    ///   - m: bits below the sign, in leaves of two.
    ///   - planes: opened in each level: two for each child of a group but one.
    private static func comparison(_ n: Int, _ thresholds: Int, _ m: Int, planes: [Int]) -> [Int] {
        let nodes = planes.reduce(0) { $0 + bytes($1 * thresholds * n) }
        return [bytes(thresholds * m * n) + nodes, bytes(m * n) + nodes]
    }

    /// The dealer sends `a^2 ... a^degree` and `r_i·a^0 ... r_i·a^degree`.
    private static func selection(_ n: Int, _ bits: Int, degree: Int, _ width: Int) -> [Int] {
        let sent = bytes(bits * n) + bytes(width * n)
        return [sent, sent, bytes((degree - 1 + bits * (degree + 1)) * n * width)]
    }

    @Test(arguments: formulas.indices)
    func rowsFollowTheFormulas(index: Int) throws {
        let (name, operands, cost, rounds) = Self.formulas[index]
        let section = try #require(try CostCatalogue(target: .standard).sections.first)
        let rows = section.rows.filter { $0.name == name && $0.operands == operands }
        #expect(rows.map(\.count) == [CostCatalogue.elements] + CostCatalogue.roundingCounts)
        for row in rows {
            let expected = cost(row.count)
            #expect(row.bytesSent.values == Array(expected.prefix(2)), "n = \(row.count)")
            // The dealer's part of a comparison depends on the tree; metering checks it.
            if expected.count > 2 { #expect(row.dealerBytes.values == [expected[2], 0], "n = \(row.count)") }
            #expect(row.rounds == rounds)
        }
    }

    @Test func everyPrimitiveHasARow() throws {
        let labels = Set(
            try CostCatalogue.primitives.flatMap {
                try $0.program(count: 8, target: .standard).instructions.map(\.primitive.label)
            })
        let used = try Small.notations.flatMap { notation in
            try ForwardPass(architecture: Small.architecture(notation), new: 4, output: .last).program(
                target: .standard
            ).instructions
                .map(\.primitive.label)
        }
        #expect(Set(used).subtracting(labels) == [])
        let names = CostCatalogue.elementFunctions.map(\.name)
        #expect(Set(BuiltInFunctions.all.map(\.name)).subtracting(names) == [])
    }

    @Test func models() throws {
        let program = try ForwardPass(architecture: Small.architecture("SM+G"), new: 4, output: .all).program(
            target: .standard)
        let cost = CostInterpreter().run(program)
        let catalogue = try CostCatalogue(
            models: [.init(title: "T", note: "N.", models: [.init(name: "m", program: program)])],
            target: .standard)
        let section = try #require(catalogue.sections.last)
        let row = try #require(section.rows.first)
        #expect(section.title == "T" && section.unit == .session && section.rows.count == 1)
        #expect(row.bytesSent == cost.onlineBytes && row.rounds == cost.rounds)
        #expect(row.dealerBytes == cost.dealerBytes.map { $0 + Seed.byteCount })
        #expect(row.setupBytes == program.plan.weights.reduce(0) { $0 + $1.wireBytes })
    }

    /// Both parties' bytes stand in the place of the dealer's, as sessions have them.
    @Test func withoutADealerWhatPartiesSendBeforeIsOffline() throws {
        let target = try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
        let program = try ForwardPass(architecture: Small.architecture("SM+G"), new: 4, output: .all).program(
            target: target)
        let catalogue = try CostCatalogue(
            models: [.init(title: "T", note: "N.", models: [.init(name: "m", program: program)])], target: target)
        let rows = catalogue.sections.flatMap(\.rows)
        #expect(rows.allSatisfy { $0.dealerBytes == .zero })
        let preprocessing = target.preprocessing
        var memory = preprocessing.memory(afterSetupOf: program.plan, inferences: 1)
        let shared = preprocessing.offlineRows(program.plan, &memory).map(\.cost)
        let sent = preprocessing.costs(program.plan, memory).reduce(
            shared.reduce(ByParty<Int>.zero) { $0 + $1.bytesSent }
        ) {
            $0 + $1.bytesSent
        }
        #expect(rows.last?.offlineBytesSent == sent && sent.server > 0 && sent.client > 0)
        let product = try #require(rows.first { $0.name == "Beaver product" && $0.count == CostCatalogue.elements })
        let entry = try #require(CostCatalogue.primitives.first { $0.name == "Beaver product" })
        let plan = try entry.program(count: CostCatalogue.elements, target: target).plan
        #expect(product.offlineBytesSent == preprocessing.costs(plan, memory).reduce(.zero) { $0 + $1.bytesSent })
        let text = catalogue.rendered(as: .markdown)
        #expect(text.contains("| offline |") && !text.contains("| dealer |"))
        #expect(text.contains("server + client + offline"))
        #expect(!(try CostCatalogue(target: .standard).rendered(as: .markdown).contains("offline |")))
    }

    @Test func forms() throws {
        let catalogue = try CostCatalogue(target: .standard)
        let again = try JSONDecoder().decode(CostCatalogue.self, from: Data(JSONText.of(catalogue).utf8))
        #expect(again == catalogue)
        let rows = catalogue.sections.reduce(0) { $0 + $1.rows.count }
        let csv = catalogue.rendered(as: .csv).split(separator: "\n")
        #expect(csv.count == rows + 1)
        #expect(csv.contains("Primitives,element,comparison,\"1 threshold, ring of 8 bits\",7,13,13,31,0,0,0,0,2"))
        let markdown = catalogue.rendered(as: .markdown)
        #expect(markdown.hasPrefix("# Costs\n\n"))
        #expect(markdown.contains("\n| opening to the client | 30 bits | 3.75 | 0 | 1 | 0 | 0 |\n"))
        #expect(markdown.contains("\n| opening to the client | 30 bits | 4 + 0 + 0 | 27 + 0 + 0 | 30 + 0 + 0 |"))
        #expect(catalogue.rendered(as: .latex).contains("% Primitives\n"))
        #expect(catalogue.rendered(as: .text).contains("\nFunctions of rows\n-----------------\n"))
    }
}

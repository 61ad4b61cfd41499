import Foundation
import SottoAlgebra
import SottoCostModel
import SottoReporting
import SottoRuns
import SottoSecureComputation
import SottoSessions
import TestSupport
import Testing

@Suite struct MeasuredCrossoversTests {
    private static let ladder = CrossoverLadder(
        rows: [1, 2], depths: [16, 64], columns: 16, fieldRows: [1, 3], fieldDepths: [16, 64], fieldColumns: 4,
        repetitions: 1)
    static let extremes = [
        ProductCrossovers(
            ring: .init(
                tilesOverWords: .init(rows: 0, depth: 0), tilesOverShortWords: .init(rows: 0, depth: 0),
                tilesOfPrepared: .never, wordsOfPrepared: .never, bytesOverWords: 0),
            field: .init(limbsOverElements: .never, bytesOverElements: .never, tilesDepth: .never, tilesTerms: 0)),
        ProductCrossovers(
            ring: .init(
                tilesOverWords: .init(rows: .never, depth: 0), tilesOverShortWords: .init(rows: 0, depth: .never),
                tilesOfPrepared: 0, wordsOfPrepared: 0, bytesOverWords: .never),
            field: .init(limbsOverElements: 0, bytesOverElements: 0, tilesDepth: 0, tilesTerms: 0)),
    ]

    /// What the processor leaves no choice of stays as it is; the rest is of the ladder, or never.
    @Test func measuredAreThePairsThatAreHere() throws {
        let found = try MeasuredCrossovers(ladder: Self.ladder)
        let (ring, field) = (found.crossovers.ring, found.crossovers.field)
        func check(_ pair: MeasuredCrossovers.Pair, _ sizes: [Crossover], _ standard: [Crossover], in ladder: [Int]) {
            guard found.measured.contains(pair) else {
                #expect(sizes == standard, "\(pair)")
                return
            }
            #expect(sizes.allSatisfy { $0.size.map(ladder.contains) ?? true }, "\(pair)")
        }
        let (standard, rows, depths) = (ProductCrossovers.standard, Self.ladder.rows, Self.ladder.depths)
        check(.tilesOfPrepared, [ring.tilesOfPrepared], [standard.ring.tilesOfPrepared], in: rows)
        check(.wordsOfPrepared, [ring.wordsOfPrepared], [standard.ring.wordsOfPrepared], in: rows)
        check(.bytesOverWords, [ring.bytesOverWords], [standard.ring.bytesOverWords], in: rows)
        check(.limbsOverElements, [field.limbsOverElements], [standard.field.limbsOverElements], in: depths)
        check(.bytesOverElements, [field.bytesOverElements], [standard.field.bytesOverElements], in: depths)
        check(
            .tilesOverWords, [ring.tilesOverWords.rows, ring.tilesOverWords.depth],
            [standard.ring.tilesOverWords.rows, standard.ring.tilesOverWords.depth], in: rows + depths)
        #expect(found.measured.contains(.wordsOfPrepared) == RingKernel.vnni.isAvailable)
        #expect(found.measured.contains(.tilesOverWords) == RingKernel.amx.isAvailable)
        #expect(found.measured.contains(.limbsOverElements) == FieldMatrixKernel.ifma.isAvailable)
    }

    @Test func theTableSaysWhatIsTakenFromWhere() throws {
        let found = try MeasuredCrossovers(ladder: Self.ladder)
        let table = found.table
        #expect(table.rows.count == MeasuredCrossovers.Pair.allCases.count)
        for (row, pair) in zip(table.rows, MeasuredCrossovers.Pair.allCases) {
            #expect((row.cells[1] == "-") == !found.measured.contains(pair))
        }
        let text = table.rendered(as: .text)
        for words in ["rows 8, depth 0", "rows 32, depth 256", "depth 256, rows x depth 768", "words over VNNI"] {
            #expect(text.contains(words))
        }
    }

    @Test func aCalibrationKeepsThem() throws {
        let layers = [CalibrationLayer("SM+LN+G", positions: 2, width: 4, heads: 2)]
        let first = try MachineCalibration(
            threads: [1], layers: layers, repetitions: 1, crossovers: Self.extremes[0])
        #expect(first.calibration.crossovers == Self.extremes[0])
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-runs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try first.calibration.write(to: url)
        #expect(try CalibrationStore.crossovers(at: url) == Self.extremes[0])
        let second = try MachineCalibration(
            threads: [1], layers: layers, repetitions: 1, extending: first.calibration)
        #expect(second.calibration.crossovers == Self.extremes[0])
        #expect(throws: CalibrationError.absent(path: "/nowhere/calibration.json")) {
            try CalibrationStore.crossovers(at: URL(fileURLWithPath: "/nowhere/calibration.json"))
        }
    }

    /// Runs take other kernels and give the same, to the last bit and byte.
    @Test(arguments: extremes, ["ring64", "field", "two-party"])
    func runsAreTheSame(crossovers: ProductCrossovers, kind: String) throws {
        let target =
            kind == "two-party"
            ? try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
            : Target.otWithDealer(over: kind == "field" ? .field : .ring64)
        let model = try Small.model(Small.architecture())
        func run(_ crossovers: ProductCrossovers) throws -> SimulatedRun {
            try SimulatedRun(
                of: model, .inference(.all), input: .tokens(Small.prompt),
                protocols: SessionConfiguration(target: target),
                options: SimulationOptions(seed: 3, threads: 2, crossovers: crossovers))
        }
        let (plain, other) = (try run(.standard), try run(crossovers))
        #expect(other.values == plain.values)
        #expect(other.report.firstDifference(from: plain.report) == nil)
    }
}

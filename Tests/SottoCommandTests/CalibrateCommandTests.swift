import Foundation
import SottoAlgebra
import SottoCostModel
import Testing

/// Where kernels of matrix products change: what `calibrate` says of it, and what runs make of it.
@Suite(.serialized) struct CalibrateCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private static let extremes = [
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

    private var kept: URL { files.url.appendingPathComponent("sotto/calibration.json") }

    /// With this test's cache directory.
    private func run(_ arguments: [String]) throws -> BuiltProgram.Result {
        try BuiltProgram.shell(
            #"cache="$2"; program="$1"; shift 2; XDG_CACHE_HOME="$cache" "$program" "$@""#,
            [files.url.path] + arguments)
    }

    @Test func whatWasFoundIsSaid() throws {
        let calibrate = ["calibrate", "--quick", "--threads", "1"]
        let text = try run(calibrate)
        #expect(text.status == 0, "\(text.error)")
        for words in ["taken here from", "words over VNNI, prepared weights", "rows 5", "depth 256, rows x depth 768"] {
            #expect(text.output.contains(words), "\(words)")
        }
        let json = try run(calibrate + ["--format", "json"])
        struct Report: Decodable {
            let crossovers: ProductCrossovers
            let measured: [String]
            let rates: [Rates]
            struct Rates: Decodable { let rates: [Calibrator.Rate] }
            enum CodingKeys: String, CodingKey {
                case crossovers, rates
                case measured = "measured_crossovers"
            }
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(json.output.utf8))
        #expect(report.rates.count == 1 && report.rates.allSatisfy { !$0.rates.isEmpty })
        #expect(report.measured.contains("words_of_prepared") == RingKernel.vnni.isAvailable)
        let file = try JSONDecoder().decode(Calibration.self, from: try Data(contentsOf: kept))
        #expect(file.crossovers == report.crossovers)
    }

    /// To the last bit of the logits, with whatever file a run finds.
    @Test(arguments: ["ring64", "field"]) func runsGiveTheSameWithAnyCrossovers(domain: String) throws {
        let model = try SmallModel(in: files)
        func logits() throws -> Data {
            let result = try run([
                "simulate", model.path, "--input-ids", SmallModel.idList, "--domain", domain, "--logits",
                files.path("logits"),
            ])
            #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
            return try Data(contentsOf: files.url.appendingPathComponent("logits"))
        }
        let plain = try logits()
        #expect(try run(["calibrate", "--quick", "--threads", "1"]).status == 0)
        #expect(try logits() == plain)
        for crossovers in Self.extremes {
            try keep(crossovers)
            #expect(try logits() == plain)
        }
    }

    /// Server, client and dealer read it each.
    @Test func rolesTakeExtremeCrossovers() throws {
        #expect(try run(["calibrate", "--quick", "--threads", "1"]).status == 0)
        for crossovers in Self.extremes {
            try keep(crossovers)
            for domain in ["ring64", "field"] {
                let demo = try run(["demo", "tiny", "--layers", "1", "--tokens", "2", "--domain", domain])
                #expect(demo.status == 0 && demo.error.isEmpty, "\(demo.error)")
                #expect(demo.output.contains("They are equal."))
            }
        }
    }

    /// A line says so, once for all processes of a demo too, and the run goes on.
    @Test func aBrokenFileBreaksNoRun() throws {
        let model = try SmallModel(in: files)
        let commands = [
            ["simulate", model.path, "--input-ids", SmallModel.idList],
            ["evaluate", model.path, "--input-ids", SmallModel.idList, "--private"],
            ["demo", "tiny", "--layers", "1", "--tokens", "1"],
        ]
        for command in commands { #expect(try run(command).error.isEmpty) }
        try FileManager.default.createDirectory(
            at: kept.deletingLastPathComponent(), withIntermediateDirectories: true)
        for contents in ["{}", "", "{\"version\": 1}"] {
            try Data(contents.utf8).write(to: kept)
            for command in commands {
                let result = try run(command)
                #expect(result.status == 0)
                let lines = result.error.split(separator: "\n")
                #expect(lines.count == 1 && lines[0].contains("is not used; run `sotto calibrate` again"))
            }
        }
        // In the clear nothing depends on it.
        #expect(try run(["evaluate", model.path, "--input-ids", SmallModel.idList]).error.isEmpty)
    }

    /// Puts them into the file that the program has kept of this machine.
    private func keep(_ crossovers: ProductCrossovers) throws {
        var calibration = try JSONDecoder().decode(Calibration.self, from: try Data(contentsOf: kept))
        calibration.crossovers = crossovers
        try JSONEncoder().encode(calibration).write(to: kept)
    }
}

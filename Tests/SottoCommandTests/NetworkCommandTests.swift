import Foundation
import SottoCostModel
import Testing

/// `--network`, `--prefetch` and `calibrate`.
@Suite(.serialized) struct NetworkCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func report(_ arguments: [String]) throws -> CostReport {
        let result = try BuiltProgram.run(arguments + ["--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(CostReport.self, from: Data(result.output.utf8))
    }

    /// A calibration holds each domain apart.
    @Test func fieldsAreCalibratedForThemselves() throws {
        let model = try SmallModel(in: files)
        let file = files.path("field.json")
        let field = ["--domain", "field"]
        let calibration = try BuiltProgram.run(
            ["calibrate", "--quick", "--threads", "1", "--output", file] + field)
        #expect(calibration.status == 0, "\(calibration.error)")
        let estimate = [
            "estimate", model.path, "--context", "5", "--threads", "1", "--calibration", file, "--network", "lan",
        ]
        #expect(try report(estimate + field).latency.allSatisfy { $0.compute == .calibrated })
        for other in [[], field + ["--prime-bits", "128"]] {
            let result = try BuiltProgram.run(estimate + other)
            #expect(result.status == 65)
            #expect(result.error.contains("--domain"), "\(result.error)")
        }
    }

    @Test func latenciesComeInTheOrderOfTheNetworks() throws {
        let model = try SmallModel(in: files)
        let networks = ["--network", "300Mbps,40ms", "--network", "lan", "--network", "wan"]
        let calibrated = files.path("calibration.json")
        let calibration = try BuiltProgram.run("calibrate", "--quick", "--threads", "1", "--output", calibrated)
        #expect(calibration.status == 0, "\(calibration.error)")
        #expect(calibration.output.contains("compare"))
        let estimated = try report(
            ["estimate", model.path, "--context", "5", "--threads", "1", "--calibration", calibrated] + networks)
        let simulated = try report(
            ["simulate", model.path, "--input-ids", SmallModel.idList, "--threads", "1"] + networks)
        for report in [estimated, simulated] {
            #expect(report.latency.map(\.network) == ["300Mbps,40ms", "lan", "wan"])
            #expect(report.latency.map(\.rttMilliseconds) == [40, 0.5, 80])
            #expect(report.latency.map(\.megabitsPerSecond) == [300, 1000, 100])
            for latency in report.latency {
                // No round takes less than one way.
                let least = latency.rttMilliseconds * 0.5e-3 * Double(report.totals.online.rounds)
                #expect(latency.online > least)
                #expect(latency.setup >= latency.rttMilliseconds * 1e-3)
                #expect(latency.offline >= latency.rttMilliseconds * 1e-3)
            }
        }
        #expect(estimated.latency.allSatisfy { $0.compute == .calibrated })
        #expect(simulated.latency.allSatisfy { $0.compute == .measured })
        #expect(try report(["estimate", model.path, "--context", "5"]).latency.isEmpty)
    }

    @Test func aCalibrationThatIsOfNoUseIsSaid() throws {
        let model = try SmallModel(in: files)
        let broken = try files.file("broken.json", Data("{}".utf8))
        let result = try BuiltProgram.run(
            "estimate", model.path, "--context", "5", "--network", "lan", "--calibration", broken)
        #expect(result.status == 65)
        #expect(result.error.contains("sotto calibrate"))
        #expect(result.error.split(separator: "\n").count == 1)
        let unwritable = try BuiltProgram.run(
            "calibrate", "--quick", "--threads", "1", "--output", broken + "/calibration.json")
        #expect(unwritable.status == 65)
        #expect(unwritable.error.split(separator: "\n").count == 1)
    }

    @Test func aPrefetchedDemoHasItsPhasesApart() throws {
        let report = try report(["demo", "tiny", "--tokens", "2", "--prefetch", "--network", "wan"])
        let elapsed = try #require(report.elapsed)
        #expect(elapsed.prefetched)
        #expect(elapsed.setup > 0 && elapsed.offline > 0 && elapsed.online > 0)
        #expect(report.completion?.plaintext == report.completion?.private)
        #expect(report.latency.map(\.compute) == [.measured])
        #expect(report.latency[0].online > 0.04 * Double(report.totals.online.rounds))
    }

    @Test(arguments: ["estimate", "simulate", "demo", "complete"], ["moon", "100Mbps", "0Mbps,1ms"])
    func nonsenseNetworksAreRefusedInOneSentence(command: String, network: String) throws {
        let result = try BuiltProgram.run(command, "tiny", "--network", network)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("lan, wan, loopback"))
        #expect(result.error.split(separator: "\n").count == 1)
    }
}

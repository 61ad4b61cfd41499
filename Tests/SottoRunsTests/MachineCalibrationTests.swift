import Foundation
import SottoCostModel
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRuns
import SottoSecureComputation
import SottoSessions
import TestSupport
import Testing

@Suite struct MachineCalibrationTests {
    private static let layers = [
        CalibrationLayer("SM+LN+G", positions: 2, width: 4, heads: 2),
        CalibrationLayer("SM+LN+R", positions: 4, width: 8, heads: 2),
    ]

    @Test(arguments: DomainProfile.both) func tinyProgramsGiveAUsableModel(profile: DomainProfile) throws {
        let target = Target.otWithDealer(over: profile)
        var fractions: [Double] = []
        let measured = try MachineCalibration(
            threads: [1, 2], target: target, layers: Self.layers, repetitions: 1
        ) { fractions.append($0) }
        #expect(fractions == [0.25, 0.5, 0.75, 1])
        #expect(measured.rates.map(\.threads) == [1, 2])
        #expect(measured.rates.allSatisfy { $0.table.rows.count == $0.rates.count && !$0.rates.isEmpty })
        #expect(Set(measured.rates[0].rates.map(\.role)) == ["server", "client", "dealer"])
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-runs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try measured.calibration.write(to: url)
        let model = try CalibrationStore.model(at: url, threads: 2, target: target)
        #expect(model == measured.calibration[threads: 2, target])
        let named = NamedArchitecture(name: "small", try Small.architecture())
        func latency(_ compute: ComputeModel?) throws -> CostReport.Latency {
            try #require(
                EstimatedRun(
                    of: named, .inference(.all), positions: 3, protocols: SessionConfiguration(target: target),
                    networks: [.lan], compute: compute
                ).report.latency.first)
        }
        let (calibrated, idle) = (try latency(model), try latency(nil))
        #expect(calibrated.compute == .calibrated && idle.compute == .none)
        #expect(calibrated.setup > idle.setup && calibrated.offline > idle.offline && calibrated.online > idle.online)
        #expect(throws: CalibrationError.unmeasured(path: url.path, threads: 3, target: target)) {
            try CalibrationStore.model(at: url, threads: 3, target: target)
        }
    }

    /// No kernel is left to be taken for an average one, be it of an example or of a model.
    @Test(arguments: DomainProfile.both) func everyKernelIsMeasured(profile: DomainProfile) throws {
        let target = Target.otWithDealer(over: profile)
        let measured = try MachineCalibration(
            threads: [1], target: target, layers: MachineCalibration.quickLayers, repetitions: 1)
        let model = try #require(measured.calibration[threads: 1, target])
        for example in ExamplePrograms.all {
            let missing = model.unmeasured(in: try example.program(count: 40, target: target))
            #expect(missing.isEmpty, "\(example)")
        }
        for name in Architecture.presetNames {
            let architecture = try Architecture.preset(named: name).firstLayers(1)
            for (output, past) in [(ForwardPass.Output.all, 0), (.last, 3), (.blocks, 0)] {
                let pass = try ForwardPass(
                    architecture: architecture, past: past, new: 64, output: output, exactOpenings: past > 0)
                let missing = model.unmeasured(in: try pass.program(target: target))
                #expect(missing.isEmpty, "\(name)")
            }
        }
    }

    /// The products that the client makes in a long session are measured as such.
    @Test func longSessionsAreMeasured() throws {
        let target = try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
        let measured = try MachineCalibration(
            threads: [1], target: target, layers: [CalibrationLayer("SM+LN+G", positions: 4, width: 16, heads: 2)],
            repetitions: 1)
        let model = try #require(measured.calibration[threads: 1, target])
        let program = try ForwardPass(architecture: Small.architecture(), new: 4, output: .last).program(target: target)
        for inferences in [1, 1000] {
            let memory = target.preprocessing.memory(afterSetupOf: program.plan, inferences: inferences)
            #expect(model.unmeasured(in: program, memory).isEmpty)
        }
        #expect(model.coefficients.keys.contains { $0.hasSuffix(" by the client") })
        #expect(measured.rates[0].rates.contains { $0.kernel == "weights of the setup" && $0.role == "server" })
    }

    @Test func whatWasMeasuredBeforeIsKept() throws {
        let other = ComputeModel(coefficients: ["setup server ": [1, 2, 3, 4]])
        var known = Calibration(machine: .current)
        for threads in [1, 7] { known[threads: threads, .standard] = other }
        let measured = try MachineCalibration(
            threads: [1], layers: Self.layers, repetitions: 1, extending: known)
        #expect(measured.calibration[threads: 7, .standard] == other)
        #expect(measured.calibration[threads: 1, .standard] != other)
        #expect(measured.calibration.machine == .current)
    }

    @Test func aMissingCalibrationIsSaid() {
        let url = URL(fileURLWithPath: "/nowhere/calibration.json")
        #expect(throws: CalibrationError.absent(path: url.path)) {
            try CalibrationStore.model(at: url, threads: 1, target: .standard)
        }
    }

    @Test func layersThatCannotBeRunAreRefused() {
        #expect(throws: ArchitectureError.self) {
            try MachineCalibration(
                threads: [1], layers: [CalibrationLayer("SM+XY", positions: 2, width: 4, heads: 2)])
        }
    }
}

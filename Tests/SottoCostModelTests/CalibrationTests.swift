import Foundation
import SottoAlgebra
import SottoCostModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct CalibrationTests {
    private let machine = Calibration.Machine(processor: "A \"fast\" one", cores: 3)

    private func program(_ notation: String, positions: Int) throws -> Program {
        try ForwardPass(
            architecture: Small.architecture(notation, layers: 1), new: positions, output: .all
        ).program(target: .standard)
    }

    /// Times that follow from nothing but the kernel, the step, and whose it is.
    private func trace(_ program: Program, _ nanoseconds: (Party, Instruction, Int) -> Int) -> Trace {
        var trace = CostInterpreter().run(program).trace
        for instruction in program.instructions {
            for party in Party.allCases {
                var times = InstructionTimes()
                for place in 0..<(1 + 2 * instruction.rounds.count) {
                    times.add(nanoseconds(party, instruction, place), at: place)
                }
                if !instruction.correlations.isEmpty {
                    times.preparation = 3 * instruction.primitive.work.elements + 1000
                    times.dealing = party == .server ? 5 * instruction.primitive.work.elements + 400 : 0
                }
                trace.times[party][instruction.index] = times
            }
        }
        return trace
    }

    private func calibrator(_ nanoseconds: (Party, Instruction, Int) -> Int) throws -> Calibrator {
        var calibrator = Calibrator()
        for notation in ["SM+LN+G", "SM+LN+R", "SM+ScFuFFN"] {
            for positions in [1, 2, 3, 6, 9] {
                let program = try program(notation, positions: positions)
                let trace = trace(program, nanoseconds)
                let setup = ByParty { party in
                    var record = SetupRecord()
                    record.work = program.plan.weights.map { $0.count * (1 + party.rawValue) * 2 + 700 }
                    return record
                }
                calibrator.add(program, traces: [trace], setups: [setup])
            }
        }
        return calibrator
    }

    private func latency(_ program: Program, _ compute: ComputeModel?, trace: Trace? = nil) -> CostReport.Latency {
        var session = SessionCost(networks: [.lan], compute: compute)
        session.recordSetup(of: program)
        session.record(program, trace: trace)
        return session.report(Small.configuration()).latency[0]
    }

    @Test func linearTimesAreFoundAgain() throws {
        let work: (Party, Instruction, Int) -> Int = { party, instruction, place in
            let primitive = instruction.primitive
            let bytes = place == 0 ? 0 : instruction.rounds[(place - 1) / 2].total
            return 2000 * (party.rawValue + 1) + 30 * primitive.work.elements + 2 * primitive.flops + 40 * bytes
        }
        let model = try calibrator(work).model
        for (notation, positions) in [("SM+LN+G", 5), ("SM+LN+R", 8), ("SM+ScFuFFN", 4), ("SM+LN+G", 9)] {
            let program = try program(notation, positions: positions)
            let (estimated, measured) = (
                latency(program, model), latency(program, nil, trace: trace(program, work))
            )
            let idle = latency(program, nil)
            #expect(estimated.compute == .calibrated && measured.compute == .measured && idle.compute == .none)
            #expect(abs(estimated.online / measured.online - 1) < 0.01)
            #expect(abs(estimated.offline / measured.offline - 1) < 0.01)
            #expect(estimated.online > 1.2 * idle.online)
            #expect(estimated.setup > idle.setup)
        }
    }

    @Test func theMedianOfRunsCounts() throws {
        let program = try program("SM+LN+G", positions: 4)
        var calibrator = Calibrator()
        var record = SetupRecord()
        record.work = program.plan.weights.map { _ in 1000 }
        let setup = ByParty.both(record)
        calibrator.add(
            program, traces: [1000, 9_000_000, 1000].map { time in trace(program) { _, _, _ in time } },
            setups: [setup, setup, setup])
        let steps = program.instructions.reduce(0) { $0 + 2 + 4 * $1.rounds.count }
        let online = calibrator.rates.filter { $0.phase == "online" }.reduce(0) { $0 + $1.seconds }
        #expect(abs(online - Double(steps) * 1e-6) < 1e-9)
        #expect(calibrator.rates.contains { $0.kernel == "compare" && $0.role == "dealer" && $0.phase == "offline" })
        #expect(calibrator.rates.allSatisfy { $0.calls > 0 })
    }

    @Test func noTimesGiveNoWork() throws {
        let program = try program("SM+LN+R", positions: 2)
        let empty = latency(program, Calibrator().model)
        #expect(empty.online == latency(program, nil).online)
        let idle = try calibrator { _, _, _ in 0 }.model
        #expect(latency(program, idle).online == latency(program, nil).online)
    }

    @Test func noCoefficientIsNegative() throws {
        var generator = SeededGenerator(5)
        let model = try calibrator { _, _, _ in Int.random(in: 0...1_000_000, using: &generator) }.model
        #expect(!model.coefficients.isEmpty)
        #expect(model.coefficients.values.joined().allSatisfy { $0 >= 0 && $0.isFinite })
    }

    /// Whatever the coefficients, times end where nanoseconds do.
    @Test(arguments: [1e12, 1e18, 1e300, .infinity, .nan, -1e300])
    func noCoefficientTraps(coefficient: Double) throws {
        let program = try program("SM+LN+G", positions: 4)
        let model = try calibrator { _, _, _ in 1000 }.model
        let absurd = ComputeModel(coefficients: model.coefficients.mapValues { $0.map { _ in coefficient } })
        for network in [Network.lan, Network(name: "slow", megabitsPerSecond: 1e-3, rttMilliseconds: 1e5)] {
            var session = SessionCost(networks: [network], compute: absurd)
            session.recordSetup(of: program)
            for _ in 0..<3 { session.record(program) }
            let latency = session.report(Small.configuration()).latency[0]
            for phase in CostReport.Phase.allCases {
                #expect(latency[phase] >= 0 && latency[phase] <= Double(Int.max) / 1e9)
            }
            if coefficient > 1e12 { #expect(Quantity.seconds(latency.online) == "above 292 years") }
        }
    }

    // MARK: Files

    private func withFile(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory.appendingPathComponent("deeper").appendingPathComponent("calibration.json"))
    }

    @Test func aCalibrationIsReadBack() throws {
        try withFile { url in
            var calibration = Calibration(machine: machine)
            #expect(calibration.crossovers == .standard)
            calibration[threads: 1, .standard] = try calibrator { _, _, _ in 5000 }.model
            calibration.crossovers.ring.tilesOfPrepared = .never
            calibration.crossovers.field.limbsOverElements = 40
            try calibration.write(to: url)
            #expect(try Calibration(contentsOf: url, machine: machine) == calibration)
            calibration[threads: 4, .standard] = ComputeModel(coefficients: ["start server ": [1, 2, 3, 4]])
            try calibration.write(to: url)
            let again = try Calibration(contentsOf: url, machine: machine)
            #expect(again == calibration)
            #expect(again[threads: 4, .standard] != nil && again[threads: 1, .standard] != nil)
            #expect(again[threads: 2, .standard] == nil)
        }
    }

    @Test func whatIsOfNoUseIsSaidAndLeftOut() throws {
        try withFile { url in
            func expect(_ error: CalibrationError, _ contents: String?) throws {
                if let contents { try Data(contents.utf8).write(to: url) }
                let thrown = #expect(throws: error) { try Calibration(contentsOf: url, machine: machine) }
                #expect(thrown?.description.contains("sotto calibrate") == true)
            }
            try expect(.absent(path: url.path), nil)
            var calibration = Calibration(machine: machine)
            calibration[threads: 1, .standard] = ComputeModel(coefficients: ["a": [1, 2, 3, 4]])
            try calibration.write(to: url)
            let good = try String(contentsOf: url, encoding: .utf8)
            let version = "\"version\" : \(Calibration.currentVersion)"
            for cut in [0, 1, good.count / 2, good.count - 3] {
                try expect(.malformed(path: url.path), String(good.prefix(cut)))
            }
            for (old, new) in [
                ("\"models\"", "\"model\""), (version, "\"version\" : \"3\""), ("      4\n", "      -4\n"),
                ("      4\n", "      4,\n5\n"), ("      4\n", "      1e999\n"), ("3,\n", ""),
                ("      4\n", "      9223372036854775807\n"), ("      4\n", "      1e308\n"),
                ("      4\n", "      1.1e12\n"),
                ("\"crossovers\"", "\"crossover\""), ("\"tiles_depth\" : 256", "\"tiles_depth\" : -1"),
                ("\"tiles_depth\" : 256", "\"tiles_depth\" : 9223372036854775807"),
                ("\"tiles_depth\" : 256", "\"tiles_depth\" : 1e30"),
                ("\"tiles_depth\" : 256", "\"tiles_depths\" : 256"),
            ] {
                #expect(good.contains(old))
                try expect(.malformed(path: url.path), good.replacing(old, with: new))
            }
            try expect(.otherVersion(path: url.path), good.replacing(version, with: "\"version\" : 1"))
            try expect(.otherMachine(path: url.path), good.replacing("\"cores\" : 3", with: "\"cores\" : 4"))
        }
    }

    /// Neither is a device that has no end read to it, nor one replaced by a file.
    @Test func devicesAreNoCalibrations() throws {
        let zero = URL(fileURLWithPath: "/dev/zero")
        #expect(throws: CalibrationError.malformed(path: zero.path)) {
            try Calibration(contentsOf: zero, machine: machine)
        }
        let null = URL(fileURLWithPath: "/dev/null")
        #expect(throws: CalibrationError.unwritable(path: null.path)) {
            try Calibration(machine: machine).write(to: null)
        }
        let type = try FileManager.default.attributesOfItem(atPath: null.path)[.type] as? FileAttributeType
        #expect(type == .typeCharacterSpecial)
    }

    @Test func aDirectoryThatCannotBeMadeIsSaid() throws {
        try withFile { url in
            let directory = url.deletingLastPathComponent().deletingLastPathComponent()
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            // A file where a directory must be.
            try Data().write(to: directory.appendingPathComponent("deeper"))
            #expect(throws: CalibrationError.self) { try Calibration(machine: machine).write(to: url) }
        }
    }
}

import Foundation
import SottoCostModel
import TestSupport
import Testing

/// Damaged calibrations are left out with a word, or read; never a trap.
@Suite struct CalibrationFuzzTests {
    private static let version = Calibration.currentVersion

    private static let corpus = [
        #"{"machine": {"cores": 3, "processor": "A"}, "models": {"1": {"coefficients": {"start server ": [1, 2.5, 3, 4e-3], "#
            + #""dealing dealer compare": [261843.2, 0, 0, 2.5]}}, "2 field 7": {"coefficients": {}}}, "version": \#(version)}"#,
        #"{"machine": {"cores": 3, "processor": "A"}, "models": {}, "version": \#(version)}"#,
        #"{"machine": {"cores": 3, "processor": "A"}, "models": {"1": {"coefficients": {"setup client ": [1e308, 9223372036854775807, -1, 1]}}}, "version": \#(version)}"#,
        #"{"version": 1}"#, "[]", "",
    ]

    @Test func damagedCalibrationsNeverTrap() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: url) }
        let machine = Calibration.Machine(processor: "A", cores: 3)
        var mutator = Mutator(seed: Fuzzing.seed(21))
        var read = 0
        for _ in 0..<400 * Fuzzing.factor {
            for text in Self.corpus {
                try Data(mutator.mutate(Array(text.utf8))).write(to: url)
                do throws(CalibrationError) {
                    let calibration = try Calibration(contentsOf: url, machine: machine)
                    read += 1
                    for model in calibration.models.values {
                        #expect(model.coefficients.values.joined().allSatisfy { $0.isFinite && $0 >= 0 })
                    }
                } catch {
                    #expect("\(error)".contains("sotto calibrate"))
                }
            }
        }
        #expect(read > 0)
    }
}

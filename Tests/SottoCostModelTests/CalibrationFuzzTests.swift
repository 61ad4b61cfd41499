import Foundation
import SottoCostModel
import TestSupport
import Testing

/// Damaged calibrations are left out with a word, or read; never a trap.
@Suite struct CalibrationFuzzTests {
    private static let version = Calibration.currentVersion

    private static let crossovers =
        #"{"ring": {"tiles_over_words": {"rows": 8, "depth": 0}, "tiles_over_short_words": {"rows": null, "depth": 256}, "#
        + #""tiles_of_prepared": 0, "words_of_prepared": 5, "bytes_over_words": 5}, "field": {"limbs_over_elements": 16, "#
        + #""bytes_over_elements": 64, "tiles_depth": 256, "tiles_terms": 1000000}}"#

    private static let corpus = [
        #"{"machine": {"cores": 3, "processor": "A"}, "crossovers": \#(crossovers), "models": {"1": {"coefficients": {"start server ": [1, 2.5, 3, 4e-3], "#
            + #""dealing dealer compare": [261843.2, 0, 0, 2.5]}}, "2 field 7": {"coefficients": {}}}, "version": \#(version)}"#,
        #"{"machine": {"cores": 3, "processor": "A"}, "crossovers": \#(crossovers), "models": {}, "version": \#(version)}"#,
        #"{"machine": {"cores": 3, "processor": "A"}, "crossovers": \#(crossovers), "models": {"1": {"coefficients": {"setup client ": [1e308, 9223372036854775807, -1, 1]}}}, "version": \#(version)}"#,
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
                    let ring = calibration.crossovers.ring
                    #expect([ring.tilesOfPrepared, ring.wordsOfPrepared].allSatisfy { $0.size ?? 0 >= 0 })
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

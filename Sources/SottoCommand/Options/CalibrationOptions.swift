import ArgumentParser
import Foundation
import SottoCostModel
import SottoRuns
import SottoSecureComputation

/// Where the compute time of estimates comes from.
struct CalibrationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A calibration in place of the one in the user's cache directory.", valueName: "path"))
    var calibration: String?

    /// What local work takes here, where networks are asked for and it is known.
    /// - Throws: ``CalibrationError`` if the file that was named is of no use.
    func model(
        _ network: NetworkOptions, _ machine: RunOptions, _ target: Target
    ) throws -> ComputeModel? {
        network.networks.isEmpty ? nil : try model(machine, target)
    }

    func model(_ machine: RunOptions, _ target: Target) throws -> ComputeModel? {
        let threads = machine.threadCount
        guard let calibration else { return known(threads: threads, target: target) }
        return try CalibrationStore.model(
            at: URL(fileURLWithPath: calibration), threads: threads, target: target)
    }

    /// The model of this machine, or nil; a file that is of no use is said on standard error, a missing one is not.
    private func known(threads: Int, target: Target) -> ComputeModel? {
        do {
            return try CalibrationStore.model(threads: threads, target: target)
        } catch CalibrationError.absent {
            return nil
        } catch {
            Diagnostics.warn("\(error)")
            return nil
        }
    }
}

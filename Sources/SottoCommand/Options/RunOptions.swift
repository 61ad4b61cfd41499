import ArgumentParser
import Foundation
import SottoCostModel
import SottoRuns

/// How a run uses this machine.
struct RunOptions: ParsableArguments {
    @Option(
        help: "Threads for matrix products, in the clear or encrypted; by default one for each core.",
        transform: Number.integer(Number.threads))
    var threads: Int?

    @Option(
        help: ArgumentHelp("How long a party waits for the other before it gives up.", valueName: "seconds"),
        transform: Number.real(Number.timeouts))
    var timeout: Double?

    var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

    func simulation(seed: UInt64, networks: [Network] = [], allowsOutOfRange: Bool) -> SimulationOptions {
        SimulationOptions(
            seed: seed, threads: threadCount, crossovers: KnownCrossovers.ofThisMachine(),
            timeout: timeout.map { .seconds($0) } ?? SimulationOptions.patience, networks: networks,
            allowsOutOfRange: allowsOutOfRange)
    }
}

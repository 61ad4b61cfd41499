import ArgumentParser
import Foundation

/// How a run uses this machine.
struct RunOptions: ParsableArguments {
    @Option(help: "Threads for matrix products; by default one for each core.")
    var threads: Int?

    @Option(help: ArgumentHelp("How long a party waits for the other before it gives up.", valueName: "seconds"))
    var timeout: Double?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
        if let timeout, !(timeout > 0 && timeout <= 1e6) {
            throw ValidationError("--timeout must be above 0 and at most 1000000 seconds")
        }
    }

    var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }
}

import ArgumentParser
import CSottoRingKernels

@main
struct Sotto: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "sotto",
        abstract: "Private transformer inference between two parties, accounted for to the byte and to the round.",
        discussion: """
            MODEL is a preset (tiny, tiny-scfu: built in and trained; gpt2, gpt2-medium, gpt2-large, gpt2-xl, gpt2-18l, \
            llama-7b, llama2-7b, llama3-8b, tinyllama-1.1b: random weights) or a directory in Hugging Face's layout.
            Exit status: 0 done, 1 training diverged, 64 bad usage, 65 bad data, 69 peer or dealer unavailable, 70 internal error or output that cannot be written, \
            76 protocol error, 130 and 143 stopped by a signal.
            """,
        version: version,
        subcommands: [
            Demo.self, Estimate.self, TableCommand.self, Suggest.self, Costs.self, Simulate.self, Serve.self,
            Complete.self, Deal.self, Evaluate.self, EntropyCommand.self, Calibrate.self, Train.self, Export.self,
        ])

    /// - Throws: ``UsageError`` with the name that was likely meant.
    private static func checkCommand(_ name: String?) throws {
        let names = configuration.subcommands.compactMap { $0._commandName } + ["help"]
        guard let name, !name.hasPrefix("-"), !names.contains(name) else { return }
        let nearest = Spelling.nearest(to: name, in: names).map { "did you mean \($0)? See" } ?? "see"
        throw UsageError("There is no command '\(name)'; \(nearest) 'sotto --help'.")
    }

    /// The command that the arguments mean, ready to run.
    static func command(_ arguments: [String]) throws -> any ParsableCommand {
        let arguments = CommandLineArguments.joiningNegativeNumbers(arguments)
        try checkCommand(arguments.first)
        return try parseAsRoot(arguments)
    }

    static func main() async {
        StandardStreams.prepare()
        sotto_keep_freed_memory()
        do {
            try CommandLineArguments.check()
            var command = try Self.command(Array(CommandLine.arguments.dropFirst()))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            try Output.finish()
        } catch {
            Failure(error).exit()
        }
    }
}

import ArgumentParser
import Foundation
import Transformer
import Transport

/// The server, a process of its own.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve private completions with a model.",
        discussion: "The server learns the lengths and the timing of requests, and nothing of prompts or outputs.")

    @Argument(help: "A built-in model, a preset, or a directory in Hugging Face layout.")
    var model: String

    @Option(help: "HOST:PORT to listen on; port 0 lets the system choose one.")
    var listen: Endpoint

    @Option(help: "HOST:PORT of the dealer.")
    var dealer: Endpoint

    @Option(help: "Another architecture for the model, with random weights: one of the paper's names or a JSON file.")
    var architecture: String?

    @Option(help: "Seed of random weights.")
    var seed: UInt64 = 0

    @Option(help: "Stop after this many sessions; without it the server goes on.")
    var sessions: Int?

    @OptionGroup var role: RoleOptions

    func run() throws {
        let change = try architecture.map { try ModelSource.ArchitectureOverride(argument: $0) }
        let loaded = try ModelSource.load(model, architectureOverride: change, seed: seed)
        let offered = ServerSession.Model(
            name: loaded.name, architecture: loaded.weights.architecture, weights: PreparedWeights(loaded.weights),
            usesByteTokenizer: loaded.tokenizer is ByteTokenizer)
        let transport = TCPTransport()
        let listener = try role.listen(on: listen, over: transport)
        var served = 0
        while sessions.map({ served < $0 }) ?? true {
            let channel = try nextConnection(listener, role: "client")
            served += 1
            do {
                let session = try ServerSession(channel: channel, model: offered, threads: role.threads) {
                    try role.connect(to: dealer, role: "dealer", over: transport)
                }
                _ = try session.serve()
            } catch {
                // One client's failure must not end the service of others.
                if sessions == 1 { throw error }
                Diagnostics.warn("\(error)")
            }
        }
        listener.close()
        transport.shutdown()
    }
}

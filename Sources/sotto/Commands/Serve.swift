import ArgumentParser
import Foundation
import Transformer
import Transport

/// The server, a process of its own.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve private completions with a model.",
        discussion: "The server learns the lengths and the timing of requests, and nothing of prompts or outputs.")

    @OptionGroup var model: ModelOptions

    @Option(help: "HOST:PORT to listen on; port 0 lets the system choose one.", transform: Endpoint.init(_:))
    var listen: Endpoint

    @Option(help: "HOST:PORT of the dealer.", transform: Endpoint.init(_:))
    var dealer: Endpoint

    @Option(help: "Stop after this many sessions; without it the server goes on.")
    var sessions: Int?

    @OptionGroup var role: RoleOptions

    func run() throws {
        let selected = try model.load()
        let offered = ServerSession.Model(
            name: selected.named.name, notation: selected.named.notation, architecture: selected.architecture,
            weights: PreparedWeights(selected.weights), usesByteTokenizer: selected.tokenizer is ByteTokenizer)
        // Before anybody waits for it; embedding and head only once a run needs them.
        try offered.weights.prepare(
            for: ForwardPass(architecture: selected.architecture, new: 1, output: .blocks).program())
        let transport = try TCPTransport()
        let listener = try role.listen(on: listen, over: transport)
        var served = 0
        while sessions.map({ served < $0 }) ?? true {
            let channel = try nextConnection(listener, role: "client")
            served += 1
            do {
                try serve(offered, to: channel, over: transport)
            } catch {
                // One client's failure must not end the service of others.
                if sessions == 1 { throw error }
                Diagnostics.warn("\(error)")
            }
        }
        listener.close()
        transport.shutdown()
    }

    private func serve(_ model: ServerSession.Model, to channel: TCPChannel, over transport: TCPTransport) throws {
        let session = try ServerSession(
            channel: channel, model: model, configuration: try role.protocols.session(), threads: role.threads
        ) {
            try role.connect(to: dealer, role: "dealer", over: transport)
        }
        _ = try session.serve()
    }
}

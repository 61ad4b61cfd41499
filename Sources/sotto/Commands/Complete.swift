import ArgumentParser
import CostModel
import Foundation
import SecureComputation
import Transformer
import Transport

/// The client, a process of its own.
struct Complete: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Complete a prompt privately with a server's model.",
        discussion: "The client learns the architecture and the logits of the positions it asks for.")

    @Option(help: "HOST:PORT of the server.")
    var connect: Endpoint

    @Option(help: "HOST:PORT of the dealer.")
    var dealer: Endpoint

    @Option(help: "The text to complete.")
    var prompt: String?

    @Option(help: "Token ids to complete, such as 1,2,3, in place of a text.")
    var inputIds: String?

    @Option(help: "How many tokens to add.")
    var tokens: Int = 16

    @Option(help: "text or json.")
    var format: RoleFormat = .text

    /// When the user's command began, in seconds since 1970, for the time to the first token.
    @Option(help: .hidden)
    var startedAt: Double?

    @OptionGroup var role: RoleOptions

    func validate() throws {
        guard (prompt == nil) != (inputIds == nil) else {
            throw ValidationError("Pass either --prompt TEXT or --input-ids 1,2,3.")
        }
        guard tokens >= 1 else { throw ValidationError("--tokens takes 1 or more.") }
    }

    func run() throws {
        let start = startedAt ?? Date().timeIntervalSince1970
        let transport = TCPTransport()
        let channel = try role.connect(to: connect, role: "server", over: transport)
        let session = try ClientSession(channel: channel, threads: role.threads) {
            try role.connect(to: dealer, role: "dealer", over: transport)
        }
        defer {
            session.close()
            transport.shutdown()
        }
        let ids = try promptTokens(session)
        var cost = SessionCost()
        var firstToken: Double?
        var last: AccountedRun?
        let completion = try session.complete(prompt: ids, count: tokens) { _, run in
            if firstToken == nil {
                firstToken = Date().timeIntervalSince1970 - start
                cost.recordSetup(
                    of: run.accounted.program, sentBytes: session.setup?.bytes, seconds: session.setup?.seconds)
            }
            cost.record(run.accounted.program, trace: run.accounted.trace)
            last = run.accounted
        }
        var report = cost.report(
            CostReport.Configuration(
                model: session.modelName, architecture: session.architecture.description, context: ids.count,
                positions: ForwardPass.Output.last.rawValue, insecure: false))
        report.wireOverheadBytes = last?.overheadBytesSent
        report.peakMemoryBytes = last?.peakMemoryBytes
        report.completion = CostReport.Completion(
            prompt: text(ids, session), private: text(completion, session), tokens: completion,
            secondsToFirstToken: firstToken)
        switch format {
        case .json: print(try report.json())
        case .text:
            print(report.completion!.prompt + report.completion!.private)
            print()
            print(report.rendered())
        }
    }

    private func promptTokens(_ session: ClientSession) throws -> [Int] {
        if let inputIds {
            let parts = inputIds.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) }
            guard !parts.isEmpty, parts.allSatisfy({ $0 != nil }) else {
                throw ValidationError("--input-ids takes numbers separated by commas, such as 1,2,3.")
            }
            return parts.compactMap { $0 }
        }
        guard session.usesByteTokenizer else {
            throw ValidationError("The server's model has no byte tokenizer: pass --input-ids 1,2,3.")
        }
        let ids = ByteTokenizer().encode(prompt ?? "")
        guard !ids.isEmpty else { throw ValidationError("--prompt must not be empty.") }
        return ids
    }

    private func text(_ ids: [Int], _ session: ClientSession) -> String {
        let plain = ids.map(String.init).joined(separator: ",")
        return session.usesByteTokenizer ? (try? ByteTokenizer().decode(ids)) ?? plain : plain
    }
}

/// Formats of commands that print a completion.
enum RoleFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions
import SottoTokenization

/// The client's account of its session with a server, from what both parties metered.
public struct SessionAccount {
    private let session: ClientSession
    private var cost: SessionCost
    private var last: AccountedRun?
    private var elapsed: CostReport.Elapsed

    /// - Parameters:
    ///   - prefetch: what the session was opened with.
    ///   - networks: whose latencies the report has, with the work that was measured.
    public init(of session: ClientSession, prefetch: Bool = false, networks: [Network] = []) {
        self.session = session
        cost = SessionCost(networks: networks)
        elapsed = CostReport.Elapsed(prefetched: prefetch)
    }

    /// Adds a run, each of the session's in turn.
    public mutating func record(_ run: ClientSession.Run) {
        if last == nil {
            cost.recordSetup(
                of: run.accounted.program, inferences: session.inferences, sent: session.setup?.bytesSent,
                seconds: session.setup?.seconds, work: run.accounted.times.map(\.setupWork))
        }
        cost.record(run.accounted.program, trace: run.accounted.trace)
        last = run.accounted
        let times = run.accounted.times
        // The server is done with sending before the client has what was sent.
        elapsed.setup += times.client.setup
        elapsed.offline += times.client.offline
        elapsed.online += times.map(\.online).largest
    }

    /// The report of the runs so far. Where the parties share their times it has those of both, else the client's alone.
    /// - Parameter context: positions of the input; for a completion those of the prompt.
    public func report(context: Int, output: ForwardPass.Output) -> CostReport {
        let model = NamedArchitecture(name: session.modelName, notation: session.notation, session.architecture)
        var report = cost.report(
            CostReport.Configuration(
                model, session.configuration, context: context, output: output, insecure: false))
        report.wireOverheadBytes = last?.overheadBytesSent
        report.peakMemoryBytes = last?.peakMemoryBytes
        report.elapsed = elapsed
        return report
    }
}

/// A greedy completion with a server's model, and what it cost.
public struct PrivateCompletion: Sendable {
    /// Token ids that were added.
    public let tokens: [Int]
    /// With the texts, or without a tokenizer with ids between commas in their place.
    public let report: CostReport

    /// Completes a prompt.
    /// - Parameters:
    ///   - session: whose first runs these are, declared to have as many.
    ///   - prefetch: what the session was opened with.
    ///   - networks: whose latencies the report has, with the work that was measured.
    ///   - start: what the time to the first token counts from.
    ///   - progress: told the fraction done.
    /// - Throws: what `ClientSession.complete` throws.
    public init(
        of prompt: [Int], count: Int, by session: ClientSession, prefetch: Bool = false, networks: [Network] = [],
        since start: Date = Date(), progress: ((Double) -> Void)? = nil
    ) throws {
        var account = SessionAccount(of: session, prefetch: prefetch, networks: networks)
        var firstToken: Double?
        var done = 0
        tokens = try session.complete(
            prompt: prompt, count: count,
            progress: { progress?((Double(done) + Double($0) / Double($1)) / Double(count)) },
            token: { _, run in
                firstToken = firstToken ?? Date().timeIntervalSince(start)
                done += 1
                account.record(run)
            })
        var report = account.report(context: prompt.count, output: .last)
        let texts = CompletionTexts(prompt: prompt, completion: tokens, session.tokenizer)
        report.completion = CostReport.Completion(
            prompt: texts.prompt, private: texts.completion, tokens: tokens, secondsToFirstToken: firstToken)
        self.report = report
    }
}

/// What a report shows of a completion: texts, or without a tokenizer, or one for all ids, ids between commas.
struct CompletionTexts {
    let prompt: String
    let completion: String

    init(prompt: [Int], completion: [Int], _ tokenizer: (any Tokenizer)?) {
        let texts = try? tokenizer?.texts(prompt: prompt, completion: completion)
        self.prompt = texts?.prompt ?? Self.list(prompt)
        self.completion = texts?.completion ?? Self.list(completion)
    }

    static func list(_ ids: [Int]) -> String { ids.map(String.init).joined(separator: ",") }
}

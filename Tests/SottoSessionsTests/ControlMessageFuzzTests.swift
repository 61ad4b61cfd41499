import Foundation
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions
import TestSupport
import Testing

/// Every decoder of what strangers send beside the program, with damaged messages: none traps, what is refused is refused
/// with a typed error, and what is taken is what it must be.
///
/// `SOTTO_FUZZ_INPUTS` sets how many inputs each decoder gets. What was found once stays in `Data/Corpus`.
@Suite struct ControlMessageFuzzTests {
    private static let inputs =
        ProcessInfo.processInfo.environment["SOTTO_FUZZ_INPUTS"].flatMap(Int.init).map { max(1, $0) } ?? 1500
    private static let fingerprint = String(repeating: "0f", count: 32)

    /// The corpus of a decoder: one input in each file whose name begins with it.
    private func corpus(_ name: String) throws -> [[UInt8]] {
        let directory = (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent("Data/Corpus")
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("\(name)-") }.sorted { $0.path < $1.path }
        return try files.map { Array(try Data(contentsOf: $0)) }
    }

    /// Feeds the corpus and mutations of it, and the mutations' mutations.
    private func fuzz(_ name: String, seed: UInt64, _ decode: ([UInt8]) throws -> Void) throws {
        let corpus = try corpus(name)
        try #require(!corpus.isEmpty)
        for input in corpus { try decode(input) }
        var mutator = Mutator(seed: seed)
        var last = corpus[0]
        for index in 0..<Self.inputs {
            let start = index % 3 == 0 ? last : corpus[index % corpus.count]
            last = mutator.mutate(start)
            try decode(last)
            if index % 30 == 0 { last = corpus[0] }
        }
    }

    @Test func requestsForRuns() throws {
        let architecture = try SessionFixture.smallArchitecture()
        var taken = 0
        try fuzz("run-request", seed: 1) { input in
            do {
                let request = try RunRequest(json: input, of: "client")
                taken += 1
                #expect(Fingerprint.isOne(request.fingerprint) && (1...65536).contains(request.inferences))
                let pass = try ForwardPass(
                    architecture: architecture, past: request.past, new: request.new, output: request.output)
                #expect(pass.past >= 0 && pass.new > 0 && pass.total <= architecture.context)
            } catch is SessionError {
            } catch is ArchitectureError {}
        }
        #expect(taken > 0)
    }

    @Test func requestsToTheDealer() throws {
        var taken = 0
        try fuzz("dealer-request", seed: 2) { input in
            do {
                let request = try DealerRequest(json: input, of: "client", sequence: 3)
                taken += 1
                #expect(request.sequence == 3 && Fingerprint.isOne(request.fingerprint))
            } catch is PreprocessingError {}
        }
        #expect(taken > 0)
    }

    /// Whatever architecture comes out of it, no more is built than the budget allows.
    @Test func descriptionsOfPasses() throws {
        let budget = PassBudget(positions: 16, instructions: 2000, largestTensor: 1 << 16, work: 1 << 24)
        var (taken, refused) = (0, 0)
        try fuzz("description", seed: 3) { input in
            do {
                let program = try ForwardPass.dealerProgram(
                    String(decoding: input, as: UTF8.self), target: .standard, budget: budget)
                taken += 1
                #expect(Fingerprint.isOne(program.fingerprint) && program.plan.correlations.count < 8000)
            } catch is PreprocessingError {
            } catch is ArchitectureError {
            } catch is ProgramError {
            } catch is PassBudgetError { refused += 1 }
        }
        #expect(taken > 0 && refused > 0)
    }

    @Test func reportsOfRuns() throws {
        let architecture = try SessionFixture.smallArchitecture()
        let program = try ForwardPass(architecture: architecture, new: 3, output: .last).program(target: .standard)
        let good = try #require(try report())
        #expect(good.count < RunReport.byteLimit(program))
        var mutator = Mutator(seed: 4)
        var (taken, last) = (0, good)
        for index in 0..<Self.inputs {
            last = mutator.mutate(index % 2 == 0 ? good : last)
            do {
                let report = try RunReport(
                    json: last, of: program, PreprocessingMemory(), party: .client, isMeasured: true,
                    elapsed: .seconds(5), peer: "client")
                taken += 1
                // Whatever passes can be added up.
                #expect(report.trace.times[1].values.reduce(0) { $0 + $1.online + $1.preparation } >= 0)
                #expect(report.overheadBytesSent >= 0 && report.times.map { $0.online < 1e9 } == true)
            } catch is SessionError {}
            if index % 30 == 0 { last = good }
        }
        #expect(taken > 0)
    }

    /// A client's report as it travels.
    private func report() throws -> [UInt8]? {
        let fixture = try SessionFixture(sharesTimes: true)
        let sent = Sent()
        let client = try fixture.client(sharesTimes: true) { AlteringChannel($0) { sent.keep($1, if: $0 == 3) } }
        _ = try client.run(tokens: [1, 2, 3], output: .last)
        client.close()
        #expect(fixture.end().error == nil)
        return sent.kept
    }

    /// What names of sessions and fingerprints can be.
    @Test func namesFromStrangers() {
        var mutator = Mutator(seed: 5)
        for _ in 0..<Self.inputs {
            let input = mutator.mutate(Array(Self.fingerprint.utf8))
            let text = String(decoding: input, as: UTF8.self)
            if Fingerprint.isOne(text) { #expect(text.utf8.count == 64) }
            if SessionName.isOne(text) { #expect((1...64).contains(text.count) && text.allSatisfy(\.isASCII)) }
        }
        #expect(Fingerprint.isOne(Self.fingerprint) && !Fingerprint.isOne(Self.fingerprint.uppercased()))
    }
}

/// One message of a session.
private final class Sent: Sendable {
    private let state = Locked<[UInt8]?>(nil)

    var kept: [UInt8]? { state.value }

    func keep(_ message: [UInt8], if applies: Bool) -> [UInt8] {
        if applies { state.value = message }
        return message
    }
}

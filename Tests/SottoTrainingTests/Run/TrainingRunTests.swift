import Foundation
import SottoAttentionEntropy
import SottoModel
import SottoTraining
import Testing

/// What a run leaves in its directory, and that stopping it changes nothing of it.
struct TrainingRunTests {
    private static let logs = ["log.csv", "entropies.csv", "thresholds.csv", "model.safetensors", "config.json"]

    private let text: TextDirectory
    private let corpus: Corpus

    init() throws {
        text = try TextDirectory([
            "ast.py": TextDirectory.babble(400, seed: 5), "abc.py": TextDirectory.babble(3000),
            "os.py": TextDirectory.babble(900, seed: 2),
        ])
        corpus = try text.corpus()
    }

    private func settings(steps: Int = 12, seed: UInt64 = 1) -> TrainingSettings {
        var settings = TrainingSettings()
        settings.steps = steps
        settings.batch = 3
        settings.learningRate = 1e-2
        settings.warmupSteps = 3
        settings.temperatureStart = 0.5
        settings.regulariser = EntropyRegulariser()
        settings.normalization = WeightNormalization(.spectral, of: [.query, .feedForward])
        settings.seed = seed
        return settings
    }

    private func architecture(_ name: String = "SM(t)+ScFuFFN") throws -> Architecture {
        try Architecture(
            notation: .init(name), layers: 2, heads: 2, width: 16, feedForwardWidth: 24, context: 16, vocabulary: 256)
    }

    private func run(
        into output: TextDirectory, _ settings: TrainingSettings? = nil, architecture: Architecture? = nil,
        corpus: Corpus? = nil, interval: Int = 1, _ change: (inout TrainingRun.Options) -> Void = { _ in }
    ) throws -> TrainingRun.Outcome {
        var options = TrainingRun.Options()
        change(&options)
        return try TrainingRun(
            architecture: architecture ?? self.architecture(), settings: settings ?? self.settings(),
            corpus: corpus ?? self.corpus, directory: output.url, digest: .openSSL, openBLAS: .load(),
            logInterval: interval, options: options
        ).run()
    }

    private func record(_ outcome: TrainingRun.Outcome) throws -> TrainingRecord {
        guard case .finished(let record) = outcome else { throw CocoaError(.featureUnsupported) }
        return record
    }

    @Test(arguments: [1, 5])
    func aBrokenRunEqualsAnUnbrokenOne(interval: Int) throws {
        let (unbroken, broken) = (try TextDirectory(), try TextDirectory())
        _ = try record(run(into: unbroken, interval: interval))
        for stop in [1, 2, 7, 11] {
            guard case .stopped(let step) = try run(into: broken, interval: interval, { $0.stopAfter = stop }) else {
                Issue.record("the run did not stop after step \(stop)")
                return
            }
            #expect(step == stop)
            // What a kill after the checkpoint leaves behind it.
            let handle = try FileHandle(forWritingTo: broken.file("log.csv"))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("\(stop + 1),9.9,0".utf8))
            try handle.close()
        }
        _ = try record(run(into: broken, interval: interval))
        for name in Self.logs { #expect(try broken.bytes(name) == unbroken.bytes(name), "\(name)") }
        let rows = String(decoding: try unbroken.bytes("log.csv"), as: UTF8.self).split(separator: "\n")
        let expected = interval == 1 ? Array(1...12) : [1, 5, 10, 12]
        #expect(rows.dropFirst().compactMap { $0.split(separator: ",").first.flatMap { Int($0) } } == expected)
    }

    /// Interruptions at every step, with a checkpoint at each.
    @Test func goesOnFromEveryStep() throws {
        let (unbroken, broken) = (try TextDirectory(), try TextDirectory())
        _ = try run(into: unbroken, settings(steps: 6))
        for _ in 1...5 {
            let outcome = try TrainingRun(
                architecture: architecture(), settings: settings(steps: 6), corpus: corpus, directory: broken.url,
                digest: .openSSL, openBLAS: .load()
            ).run(isInterrupted: { true })
            guard case .stopped = outcome else {
                Issue.record("the run was not interrupted")
                return
            }
        }
        _ = try record(run(into: broken, settings(steps: 6)))
        for name in Self.logs { #expect(try broken.bytes(name) == unbroken.bytes(name), "\(name)") }
    }

    @Test func aFinishedRunIsFinishedAgain() throws {
        let output = try TextDirectory()
        let first = try record(run(into: output))
        let files = try Self.logs.map { try output.bytes($0) }
        try FileManager.default.removeItem(at: output.file("model.safetensors"))
        let second = try record(run(into: output))
        #expect(try Self.logs.map { try output.bytes($0) } == files)
        #expect(first.heldOut == second.heldOut && first.headEntropies == second.headEntropies)
        #expect(first.finalLoss == second.finalLoss)
    }

    @Test func lowersTheLoss() throws {
        let output = try TextDirectory()
        var settings = settings(steps: 60)
        settings.batch = 8
        let record = try record(run(into: output, settings, architecture: architecture("SM+LN+G")))
        let heldOut = try #require(record.heldOut)
        #expect(heldOut.meanLoss < 3.5, "log 256 is 5.5")
        #expect(abs(heldOut.perplexity - exp(heldOut.meanLoss)) < 1e-9)
        #expect(abs(heldOut.bits - heldOut.meanLoss / log(2)) < 1e-12)
        // The stored model is the one that was measured.
        let weights = try HuggingFaceModel(directory: output.url).weights()
        let measured = try ReferenceModel(weights).perplexity(of: corpus.heldOut.map(Int.init))
        #expect(abs(measured.meanLoss - heldOut.meanLoss) < 1e-3)
        #expect(measured.predictions == heldOut.predictions)
        withExtendedLifetime(output) {}
    }

    @Test func theRecordSaysWhatWasDone() throws {
        let output = try TextDirectory()
        let outcome = try record(run(into: output))
        let stored = try TrainingRecord(json: output.bytes("training.json"))
        #expect(stored.architecture == "EReg(SM(t)+ScFuFFN)")
        #expect(stored.settings == settings() && stored.normalization == "spectral:query,ffn")
        #expect(stored.steps == 12 && stored.tokens == 12 * 3 * 16)
        #expect(stored.heldOut == outcome.heldOut && stored.corpus == corpus.record.digest)
        #expect(stored.headEntropies.map(\.count) == [2, 2] && stored.thresholds?.map(\.count) == [2, 2])
        #expect(stored.scales?.count == 2 && stored.diverged == nil)
        #expect(abs(stored.maximumEntropy - log(16)) < 1e-12)
        #expect(try JSONDecoder().decode(CorpusRecord.self, from: output.bytes("corpus.json")) == corpus.record)
        let last = String(decoding: try output.bytes("log.csv"), as: UTF8.self).split(separator: "\n").last
        let loss = last?.split(separator: ",")[1]
        #expect(loss.flatMap { Double($0) } == stored.finalLoss)
    }

    @Test func anotherRunsCheckpointIsRefused() throws {
        let output = try TextDirectory()
        _ = try run(into: output) { $0.stopAfter = 2 }
        let before = try output.bytes("checkpoint.safetensors")
        func refusal(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch let error as RunFileError {
                guard case .otherRun(_, let what, _, _) = error else { return "\(error)" }
                return what
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal { _ = try run(into: output, settings(steps: 13)) } == "number of steps")
        #expect(refusal { _ = try run(into: output, settings(seed: 2)) } == "seed")
        #expect(refusal { _ = try run(into: output, interval: 2) } == "log interval")
        #expect(
            refusal { _ = try run(into: output, architecture: architecture("SM+ScFuFFN")) } == "architecture")
        let other = try TextDirectory(["a": TextDirectory.babble(900, seed: 9)]).corpus()
        #expect(refusal { _ = try run(into: output, corpus: other) } == "text")
        var threads = settings()
        threads.threads = 2
        #expect(refusal { _ = try run(into: output, threads) } == "number of threads")
        #expect(try output.bytes("checkpoint.safetensors") == before)
        _ = try record(run(into: output, settings(seed: 2)) { $0.isRestart = true })
    }

    @Test func aDamagedCheckpointIsRefused() throws {
        let output = try TextDirectory()
        _ = try run(into: output) { $0.stopAfter = 2 }
        let whole = try output.bytes("checkpoint.safetensors")
        for length in [0, 7, 100, whole.count / 2, whole.count - 1] {
            try whole.prefix(length).write(to: output.file("checkpoint.safetensors"))
            #expect(throws: RunFileError.self, "\(length) bytes") { try run(into: output) }
        }
        // Numbers that no run writes.
        let file = try SafeTensors(data: whole)
        let header = try #require(file.metadata["run"])
        for (old, new) in [
            ("\"step\":2", "\"step\":-2"), ("\"step\":2", "\"step\":13"), ("\"log.csv\":", "\"log.csv\":-"),
        ] {
            #expect(header.contains(old))
            let tensors = try file.entries.map { ($0.name, try file.tensor(named: $0.name)) }
            var metadata = file.metadata
            metadata["run"] = header.replacingOccurrences(of: old, with: new)
            let bytes = try Checkpoint.Seal.sealed(SafeTensors.encode(tensors, metadata: metadata), .openSSL)
            try bytes.write(to: output.file("checkpoint.safetensors"))
            #expect(throws: RunFileError.self, "\(new)") { try run(into: output) }
        }
        // A safetensors file, but no checkpoint.
        try SafeTensors.write(
            [("a", WeightTensor(scalar: 1))], to: output.file("checkpoint.safetensors"))
        #expect(throws: RunFileError.self) { try run(into: output) }
        try whole.write(to: output.file("checkpoint.safetensors"))
        try FileManager.default.removeItem(at: output.file("entropies.csv"))
        #expect(throws: RunFileError.shortLog(path: output.file("entropies.csv").path)) { try run(into: output) }
    }

    /// A kill while the checkpoint is written leaves the old one and a part of the new one beside it.
    @Test func aPartialCheckpointBesideTheWholeIsPassedOver() throws {
        let (unbroken, broken) = (try TextDirectory(), try TextDirectory())
        _ = try run(into: unbroken)
        _ = try run(into: broken) { $0.stopAfter = 4 }
        try Data("cut sh".utf8).write(to: broken.file("checkpoint.safetensors.partial"))
        _ = try record(run(into: broken))
        for name in Self.logs { #expect(try broken.bytes(name) == unbroken.bytes(name), "\(name)") }
    }

    @Test func aModelFromElsewhereIsLeftAlone() throws {
        let output = try TextDirectory(["model.safetensors": "precious"])
        #expect(throws: RunFileError.foreignModel(path: output.url.path)) { try run(into: output) }
        #expect(try output.bytes("model.safetensors") == Data("precious".utf8))
        #expect(!FileManager.default.fileExists(atPath: output.file("log.csv").path))
    }

    @Test func oneProcessADirectory() throws {
        let output = try TextDirectory()
        let first = try TrainingRun(
            architecture: architecture(), settings: settings(), corpus: corpus, directory: output.url, digest: .openSSL,
            openBLAS: .load())
        #expect(throws: RunFileError.inUse(path: output.url.path)) { try run(into: output) }
        _ = try first.run()
        withExtendedLifetime(output) {}
    }

    /// A divergence is a result that can be had again, also where a kill left only a part of its files.
    @Test func aDivergedRunDivergesAgain() throws {
        let output = try TextDirectory()
        var settings = settings(steps: 200)
        (settings.learningRate, settings.gradientClip, settings.warmupSteps) = (900, 0, 0)
        func divergence() throws -> Divergence {
            guard
                case .diverged(let divergence, _) = try run(into: output, settings, architecture: architecture("SM+G"))
            else { throw CocoaError(.featureUnsupported) }
            return divergence
        }
        let first = try divergence()
        #expect(try divergence() == first)
        try FileManager.default.removeItem(at: output.file("config.json"))
        #expect(try divergence() == first)
        #expect(try TrainingRecord(json: output.bytes("training.json")).diverged == first)
    }

    @Test func stopsAfterTheLastStepAsFinished() throws {
        let output = try TextDirectory()
        _ = try record(run(into: output) { $0.stopAfter = 12 })
    }

    @Test func exportsFoldedWeights() throws {
        let (output, copy) = (try TextDirectory(), try TextDirectory())
        #expect(throws: RunFileError.nothingTrained(path: copy.url.path)) {
            try TrainedWeights(directory: copy.url, digest: .openSSL)
        }
        _ = try run(into: output) { $0.stopAfter = 5 }
        let early = try TrainedWeights(directory: output.url, digest: .openSSL)
        #expect(early.progress?.step == 5 && early.progress?.steps == 12)
        _ = try run(into: output)
        let late = try TrainedWeights(directory: output.url, digest: .openSSL)
        let model = try HuggingFaceModel(directory: output.url).weights()
        #expect(late.weights.tensors.map(\.tensor) == model.tensors.map(\.tensor))
        #expect(early.weights.tensors.map(\.tensor) != model.tensors.map(\.tensor))
        try FileManager.default.removeItem(at: output.file("checkpoint.safetensors"))
        let stored = try TrainedWeights(directory: output.url, digest: .openSSL)
        #expect(stored.progress == nil && stored.weights.tensors.map(\.tensor) == model.tensors.map(\.tensor))
        withExtendedLifetime((output, copy)) {}
    }
}

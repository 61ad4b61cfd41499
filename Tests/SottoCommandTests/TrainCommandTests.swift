import Foundation
import SottoModel
import Testing

/// `sotto train`, `sotto export`, and what `sotto table` shows of trained models.
@Suite(.serialized) struct TrainCommandTests {
    /// Lives as long as the test.
    private let files: TemporaryDirectory
    private let corpus: String

    private static let results = ["model.safetensors", "config.json", "log.csv", "entropies.csv"]
    private static let sizes = [
        "--layers", "2", "--heads", "2", "--width", "16", "--context", "16", "--batch", "4", "--learning-rate", "0.01",
        "--threads", "1",
    ]

    init() throws {
        files = try TemporaryDirectory()
        let directory = files.url.appendingPathComponent("corpus")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let text = String(repeating: "def value(self):\n    return self.value\n\n", count: 60)
        for name in ["abc.py", "ast.py"] { try Data(text.utf8).write(to: directory.appendingPathComponent(name)) }
        corpus = directory.path
    }

    private func arguments(_ output: String, steps: Int, _ more: [String]) -> [String] {
        ["train", "--corpus", corpus, "--output", files.path(output), "--steps", "\(steps)"] + Self.sizes
            + (more.contains("--architecture") ? more : more + ["--architecture", "SM+ScFuFFN"])
    }

    @discardableResult
    private func train(_ output: String, steps: Int = 30, _ more: String...) throws -> BuiltProgram.Result {
        try BuiltProgram.run(arguments(output, steps: steps, more))
    }

    private func bytes(_ output: String, _ name: String) throws -> Data {
        try Data(contentsOf: files.url.appendingPathComponent(output).appendingPathComponent(name))
    }

    private func record(_ output: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: bytes(output, "training.json")) as? [String: Any])
    }

    private func perplexity(_ output: String) throws -> Double {
        try #require((record(output)["held_out"] as? [String: Any])?["perplexity"] as? Double)
    }

    @Test func trainsAModelThatOtherCommandsTake() throws {
        let result = try train("run", steps: 60, "--format", "json")
        #expect(result.status == 0, "\(result.error)")
        #expect(Data(result.output.utf8) == (try bytes("run", "training.json")) + Data("\n".utf8))
        let perplexity = try perplexity("run")
        #expect(perplexity < 30, "256 at the start")
        let evaluated = try BuiltProgram.run(
            "evaluate", files.path("run"), "--file", corpus + "/ast.py", "--format", "json")
        let object = try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any]
        let measured = try #require(object?["perplexity"] as? Double)
        #expect(abs(measured - perplexity) < 1e-3 * perplexity)
    }

    /// The same settings that stand in `training.json`, whatever they were given as.
    @Test func optionsBecomeSettings() throws {
        let result = try train(
            "run", steps: 3, "--architecture", "EReg(SM(t)+ScFuFFN)", "--normalization", "spectral:QK+FFN",
            "--final-learning-rate", "0.5", "--weight-decay", "0.3", "--clip", "2", "--seed", "9", "--gamma", "0.1",
            "--matrix-deviation", "0.03", "--embedding-deviation", "0.04", "--threshold-start", "0.6", "--warmup", "1")
        #expect(result.status == 0, "\(result.error)")
        let record = try record("run")
        let settings = try #require(record["settings"] as? [String: Any])
        #expect(record["architecture"] as? String == "EReg(SM(t)+ScFuFFN)")
        #expect(record["normalization"] as? String == "spectral:query,key,ffn")
        for (key, value) in [
            ("steps", 3), ("batch", 4), ("learning_rate", 0.01), ("warmup_steps", 1), ("final_learning_rate", 0.5),
            ("weight_decay", 0.3), ("gradient_clip", 2), ("seed", 9), ("matrix_deviation", 0.03),
            ("embedding_deviation", 0.04), ("threshold_start", 0.6), ("temperature_start", 0.01), ("threads", 1),
        ] {
            #expect(settings[key] as? Double == value, "\(key)")
        }
        let regulariser = try #require(settings["regulariser"] as? [String: Any])
        #expect(regulariser["coefficient"] as? Double == 1e-5 && regulariser["tolerance"] as? Double == 0.1)
        #expect(try bytes("run", "thresholds.csv").isEmpty == false)
    }

    @Test func stopsAndGoesOn() throws {
        try train("unbroken")
        let stopped = try train("broken", "--stop-after", "11")
        #expect(stopped.status == 0 && stopped.output.isEmpty && stopped.error.contains("after step 11 of 30"))
        #expect(try BuiltProgram.run("table", files.path("broken")).status == 65)
        let resumed = try train("broken")
        #expect(resumed.status == 0 && resumed.error.contains("going on after step 11"))
        for name in Self.results { #expect(try bytes("broken", name) == bytes("unbroken", name), "\(name)") }
    }

    /// Kills a run without warning again and again, wherever it is when its log has grown by some bytes.
    @Test func survivesKills() throws {
        let steps = 250
        try train("unbroken", steps: steps)
        let log = files.url.appendingPathComponent("killed/log.csv")
        var kills = 0
        for growth in [1, 1500, 60, 2500, 1, 900, 3000, 1800] {
            let process = Process()
            process.executableURL = try BuiltProgram.executable()
            process.arguments = arguments("killed", steps: steps, ["--checkpoint-every", "0.005"])
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            let target = Self.size(log) + growth
            try process.run()
            while process.isRunning, Self.size(log) < target { usleep(300) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            guard process.terminationReason == .uncaughtSignal else { break }
            kills += 1
        }
        #expect(kills >= 2)
        let last = try train("killed", steps: steps)
        #expect(last.status == 0, "\(last.error)")
        for name in Self.results { #expect(try bytes("killed", name) == bytes("unbroken", name), "\(name)") }
    }

    private static func size(_ url: URL) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func aSignalLeavesACheckpoint(signal: Int32, status: Int32) throws {
        let process = Process()
        process.executableURL = try BuiltProgram.executable()
        // So many that the end is not near.
        process.arguments = arguments("run", steps: 1_000_000, [])
        process.standardOutput = FileHandle.nullDevice
        let error = URL(fileURLWithPath: try files.file("error", Data()))
        process.standardError = try FileHandle(forWritingTo: error)
        try process.run()
        let log = files.url.appendingPathComponent("run/log.csv")
        let deadline = Date(timeIntervalSinceNow: 120)
        while Self.size(log) < 200, Date() < deadline { usleep(2000) }
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == status)
        let said = String(decoding: try Data(contentsOf: error), as: UTF8.self)
        #expect(said.contains("give the same command again"), "\(said)")
        #expect(Self.size(files.url.appendingPathComponent("run/checkpoint.safetensors")) > 0)
    }

    @Test func aDivergedRunSaysSo() throws {
        let result = try train(
            "run", steps: 200, "--learning-rate", "900", "--clip", "0", "--architecture", "SM+G", "--warmup", "0")
        #expect(result.status == 1, "\(result.error)")
        #expect(result.output.isEmpty && result.error.contains("not finite"))
        let record = try record("run")
        let diverged = try #require(record["diverged"] as? [String: Any])
        let step = try #require(diverged["step"] as? Int)
        #expect(diverged["layer"] is Int && diverged["entropy"] != nil && record["held_out"] == nil)
        let rows = String(decoding: try bytes("run", "log.csv"), as: UTF8.self).split(separator: "\n").count - 1
        #expect(rows == step - 1)
        // There is no model, but there is a cost.
        let table = try BuiltProgram.run("table", files.path("run"), "--format", "json")
        #expect(table.status == 0, "\(table.error)")
        let row = try #require(
            (JSONSerialization.jsonObject(with: Data(table.output.utf8)) as? [[String: Any]])?.first)
        #expect(row["perplexity"] is NSNull)
        #expect(try BuiltProgram.run("table", files.path("run")).output.contains("NaN"))
        #expect(try BuiltProgram.run("evaluate", files.path("run"), "--text", "abc").status == 65)
    }

    @Test func theTableShowsPerplexities() throws {
        try train("fused")
        try train("plain", "--architecture", "SM+LN+G", "--normalization", "weight:ffn")
        let list = files.path("fused") + "," + files.path("plain")
        let result = try BuiltProgram.run("table", list, "--format", "json")
        #expect(result.status == 0, "\(result.error)")
        let rows = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
        #expect(rows.compactMap { $0["model"] as? String } == ["fused", "plain"])
        #expect(rows.compactMap { $0["perplexity"] as? Double } == [try perplexity("fused"), try perplexity("plain")])
        #expect(rows.map { $0["savings"] != nil } == [false, true], "they are compared with each other")
        let text = try BuiltProgram.run("table", list).output
        #expect(text.contains("perplexity") && text.contains("plain: SM+LN+G, weight:ffn"))
        #expect(text.split(separator: "\n").count { $0.contains("rounds") } == 1, "one table:\n\(text)")
        // Another architecture, and other windows, are not what was measured.
        for other in [["--architectures", "SM"], ["--contexts", "8"]] {
            let rows = try JSONSerialization.jsonObject(
                with: Data(BuiltProgram.run(["table", list, "--format", "json"] + other).output.utf8))
            #expect((rows as? [[String: Any]])?.allSatisfy { $0["perplexity"] == nil } == true, "\(other)")
        }
        // A given text comes before the held-out one.
        let given = try BuiltProgram.run("table", files.path("fused"), "--text", "zzzz", "--format", "json")
        let row = try #require((JSONSerialization.jsonObject(with: Data(given.output.utf8)) as? [[String: Any]])?.first)
        #expect(try row["perplexity"] as? Double != perplexity("fused"))
    }

    @Test func exports() throws {
        try train("run", steps: 5, "--architecture", "SM+LN+R", "--stop-after", "3")
        let early = try BuiltProgram.run(
            "export", files.path("run"), "--output", files.path("early"), "--precision", "f16")
        #expect(early.status == 0 && early.output.contains("after 3 of 5 steps"), "\(early.error)")
        #expect(early.output.contains("GPT2LMHeadModel"))
        try train("run", steps: 5, "--architecture", "SM+LN+R")
        let late = try BuiltProgram.run("export", files.path("run"), "--output", files.path("late"))
        #expect(late.status == 0, "\(late.error)")
        for name in ["config.json", "model.safetensors"] {
            #expect(try bytes("late", name) == bytes("run", name), "\(name)")
        }
        #expect(try bytes("early", "model.safetensors").count < bytes("late", "model.safetensors").count * 2 / 3)
        try train("own", steps: 2)
        let own = try BuiltProgram.run("export", files.path("own"), "--output", files.path("copy"))
        #expect(own.output.contains("Sotto's extension"))
        #expect(try BuiltProgram.run("export", files.path("run"), "--output", files.path("run")).status == 64)
        #expect(try BuiltProgram.run("export", corpus, "--output", files.path("none")).status == 65)
    }

    /// A model that no run made keeps what it says of its tokens.
    @Test func exportDoesNotInventATokenizer() throws {
        let directory = files.url.appendingPathComponent("gpt2")
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 1, heads: 1, width: 4, context: 4, vocabulary: 300)
        try HuggingFaceModel.write(.random(architecture, seed: 1), to: directory)
        let result = try BuiltProgram.run("export", directory.path, "--output", files.path("copy"))
        #expect(result.status == 0, "\(result.error)")
        #expect(try bytes("copy", "config.json") == bytes("gpt2", "config.json"))
    }

    @Test func theOutputCannotBeText() throws {
        for output in [corpus, corpus + "/runs/x", corpus + "/../corpus/y"] {
            let result = try BuiltProgram.run(
                ["train", "--corpus", corpus, "--output", output, "--architecture", "SM"] + Self.sizes)
            #expect(result.status == 64 && result.error.contains("--output must not be in --corpus"), "\(output)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: corpus).count == 2)
    }

    @Test func anotherRunIsNotOverwritten() throws {
        try train("run", "--stop-after", "2")
        let before = try bytes("run", "checkpoint.safetensors")
        for (more, word) in [(["--seed", "5"], "seed"), (["--log-every", "2"], "log interval")] {
            let result = try BuiltProgram.run(arguments("run", steps: 30, more))
            #expect(result.status == 65 && result.error.contains(word), "\(result.error)")
        }
        let longer = try train("run", steps: 31)
        #expect(longer.status == 65 && longer.error.contains("number of steps is 30 and not 31"), "\(longer.error)")
        #expect(try bytes("run", "checkpoint.safetensors") == before)
        #expect(try train("run", steps: 31, "--restart").status == 0)
    }

    @Test(arguments: [
        "--architecture SM+XY", "--architecture none.json", "--layers 0", "--heads 3", "--width 0", "--context 0",
        "--context 1", "--steps 0", "--batch 0", "--learning-rate 0", "--learning-rate nan", "--learning-rate inf",
        "--warmup 31", "--final-learning-rate 2", "--weight-decay -1", "--clip -1", "--matrix-deviation -1",
        "--matrix-deviation 0", "--embedding-deviation 0", "--steps 16777217",
        "--temperature-start 1", "--architecture SM(t)+ScFuFFN --temperature-start 0", "--normalization batch:ffn",
        "--normalization weight:", "--gamma 0.1", "--threshold-start 0.5", "--lambda -1", "--lambda 1 --gamma 2",
        "--threads 0", "--seed -1", "--precision f8", "--log-every 0", "--checkpoint-every -1", "--stop-after 0",
        "--held-out 1", "--held-out 257", "--exclude a/b", "--extensions md", "--extensions py,,md", "--format csv",
        "--edit layers[0].nose=none", "--edit layers[0].attention.norm=rms_norm",
        "--architecture SM --edit layers[0].ffn.activation=silu", "--context 100000", "--frobnicate",
    ])
    func badUsage(line: String) throws {
        let result = try BuiltProgram.refusal(
            arguments("run", steps: 30, line.split(separator: " ").map(String.init)))
        #expect([64, 65].contains(result.status), "\(line) gave \(result.status)")
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("sotto: ") && result.error.split(separator: "\n").count == 1, "\(result.error)")
        #expect(!FileManager.default.fileExists(atPath: files.path("run")), "\(line)")
    }

    @Test func textThatCannotBeUsed() throws {
        func status(_ corpus: String, _ more: [String] = []) throws -> Int32 {
            try BuiltProgram.run(
                [
                    "train", "--corpus", corpus, "--output", files.path("run"), "--architecture", "SM",
                ] + Self.sizes + more
            ).status
        }
        #expect(try status(files.path("none")) == 65)
        #expect(try status(corpus + "/abc.py") == 65)
        let short = files.url.appendingPathComponent("short")
        try FileManager.default.createDirectory(at: short, withIntermediateDirectories: true)
        #expect(try status(short.path) == 65)
        try Data("too short".utf8).write(to: short.appendingPathComponent("a.txt"))
        #expect(try status(short.path) == 65)
        #expect(try BuiltProgram.run("train", "--corpus", corpus, "--output", files.path("run")).status == 64)
        #expect(!FileManager.default.fileExists(atPath: files.path("run")))
    }
}

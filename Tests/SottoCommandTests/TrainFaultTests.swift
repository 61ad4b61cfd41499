import Foundation
import SottoModel
import Testing

/// `sotto train` where something is wrong with disks, descriptors or the text.
@Suite struct TrainFaultTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    /// A directory with text of these lengths.
    private func corpus(_ name: String, _ lengths: [String: Int]) throws -> String {
        let directory = files.url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let text = String(repeating: "def value(self):\n    return self.value\n\n", count: 60)
        for (name, length) in lengths {
            try Data(text.utf8.prefix(length)).write(to: directory.appendingPathComponent(name))
        }
        return directory.path
    }

    private func arguments(_ corpus: String, _ output: String, _ more: [String]) -> [String] {
        [
            "train", "--corpus", corpus, "--output", files.path(output), "--layers", "2", "--heads", "2", "--width",
            "4",
            "--context", "8", "--batch", "1", "--threads", "1", "--architecture", "SM+ScFuFFN",
        ] + more
    }

    /// Runs the program from a shell, after some of its commands.
    private func shell(_ commands: String, _ arguments: [String]) throws -> BuiltProgram.Result {
        try BuiltProgram.shell(commands + " exec \"$@\"", arguments)
    }

    private func bytes(_ output: String, _ name: String) throws -> Data {
        try Data(contentsOf: files.url.appendingPathComponent(output).appendingPathComponent(name))
    }

    private static let results = ["model.safetensors", "config.json", "log.csv", "entropies.csv"]

    /// A limit on the size of files stands in for a full disk: writes then take a part and fail.
    @Test func aFullDiskEndsARunThatGoesOnLater() throws {
        let corpus = try corpus("text", ["abc.py": 2000])
        let steps = ["--steps", "1500", "--checkpoint-every", "0.01"]
        #expect(try BuiltProgram.run(arguments(corpus, "unbroken", steps)).status == 0)
        let full = try shell("trap '' XFSZ; ulimit -f 100;", arguments(corpus, "broken", steps))
        #expect(full.status == 65)
        #expect(full.error.contains(".csv cannot be written (file too large)"), "\(full.error)")
        #expect(full.error.contains("give the same command again"))
        let later = try BuiltProgram.run(arguments(corpus, "broken", steps))
        #expect(later.status == 0 && later.error.contains("going on after step"), "\(later.error)")
        for name in Self.results { #expect(try bytes("broken", name) == bytes("unbroken", name), "\(name)") }
    }

    @Test func aCheckpointThatDoesNotFitLeavesTheOldOne() throws {
        let corpus = try corpus("text", ["abc.py": 2000])
        let steps = ["--steps", "20"]
        #expect(try BuiltProgram.run(arguments(corpus, "run", steps + ["--stop-after", "3"])).status == 0)
        let before = try bytes("run", "checkpoint.safetensors")
        let full = try shell(
            "trap '' XFSZ; ulimit -f \(before.count / 2048);", arguments(corpus, "run", steps + ["--stop-after", "6"]))
        #expect(full.status == 65 && full.error.contains("checkpoint.safetensors cannot be written"), "\(full.error)")
        #expect(try bytes("run", "checkpoint.safetensors") == before)
        let partial = files.path("run/checkpoint.safetensors.partial")
        #expect(!FileManager.default.fileExists(atPath: partial))
        #expect(try BuiltProgram.run(arguments(corpus, "run", steps)).status == 0)
    }

    /// With closed descriptors the logs would get their numbers, and the result end in them.
    @Test(arguments: ["<&-", ">&-", "<&- >&-"]) func closedDescriptorsLeaveTheLogsAlone(closed: String) throws {
        let corpus = try corpus("text", ["abc.py": 2000])
        let steps = ["--steps", "5"]
        #expect(try BuiltProgram.run(arguments(corpus, "unbroken", steps)).status == 0)
        _ = try shell("exec \(closed);", arguments(corpus, "closed", steps))
        for name in ["log.csv", "entropies.csv"] {
            #expect(try bytes("closed", name) == bytes("unbroken", name), "\(name)")
        }
    }

    @Test func aDamagedCheckpointIsRefused() throws {
        let corpus = try corpus("text", ["abc.py": 2000])
        let steps = ["--steps", "20"]
        #expect(try BuiltProgram.run(arguments(corpus, "run", steps + ["--stop-after", "3"])).status == 0)
        let file = files.url.appendingPathComponent("run/checkpoint.safetensors")
        var data = try Data(contentsOf: file)
        data[data.count - 100] ^= 1
        try data.write(to: file)
        for command in [
            arguments(corpus, "run", steps), ["export", files.path("run"), "--output", files.path("model")],
        ] {
            let result = try BuiltProgram.run(command)
            #expect(result.status == 65 && result.error.contains("checksum"), "\(result.error)")
            #expect(result.error.contains("--restart"))
        }
        #expect(!FileManager.default.fileExists(atPath: files.path("model")))
    }

    /// `ast.py` would be held out, and nearly nothing trained on.
    @Test func bothSidesOfTheTextAreTold() throws {
        let corpus = try corpus("text", ["abc.py": 100, "ast.py": 2000])
        let result = try BuiltProgram.run(arguments(corpus, "run", ["--steps", "2"]))
        let sizes = "1996 bytes to train on, 105 held out (the end of the text)"
        #expect(result.status == 0 && result.error.contains(sizes), "\(result.error)")
        #expect(result.output.contains("text: \(sizes)"))
        let record = try JSONSerialization.jsonObject(with: bytes("run", "training.json")) as? [String: Any]
        let text = try #require(record?["corpus_bytes"] as? [String: Any])
        #expect(text["training"] as? Int == 1996 && text["held_out"] as? Int == 105)
        #expect(text["split"] as? String == "last_bytes")
        let asked = try BuiltProgram.run(arguments(corpus, "asked", ["--steps", "2", "--allow-small-training-set"]))
        #expect(asked.status == 0 && asked.error.contains("100 bytes to train on, 2000 held out (1 of 2 files)"))
        let short = try BuiltProgram.run(arguments(try self.corpus("short", ["abc.py": 3]), "short-run", []))
        #expect(short.status == 65 && short.error.contains("--allow-small-training-set"), "\(short.error)")
    }

    @Test func exportSaysWhatIsSo() throws {
        let llama = try Architecture(
            layers: [.llama, .llama], heads: 2, keyValueHeads: 1, width: 8, feedForwardWidth: 12, context: 8,
            vocabulary: 21, tiedHead: false, finalNorm: .rmsNorm, positions: .rotary(theta: 100), hasBiases: false)
        try HuggingFaceModel.write(.random(llama, seed: 1), to: files.url.appendingPathComponent("llama"))
        for (name, path, expected) in [
            ("gpt2", try SmallModel(in: files).path, "GPT2LMHeadModel"),
            ("llama", files.path("llama"), "LlamaForCausalLM"),
            ("own", try SmallModel("SM+ScFuFFN", in: files).path, "Sotto's extension"),
        ] {
            let result = try BuiltProgram.run("export", path, "--output", files.path("\(name)-copy"))
            #expect(result.status == 0 && result.output.contains(expected), "\(result.output)\(result.error)")
            let configuration = String(decoding: try bytes("\(name)-copy", "config.json"), as: UTF8.self)
            #expect(configuration.contains("\"layers\"") == (name == "own"))
        }
    }
}

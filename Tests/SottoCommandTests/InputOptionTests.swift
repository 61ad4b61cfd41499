import Foundation
import SottoCostModel
import SottoModel
import Testing

/// Token ids, and what commands say of them.
@Suite(.serialized) struct InputOptionTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func logits(_ ids: String) throws -> Data {
        let path = files.path("logits.safetensors")
        let result = try BuiltProgram.run(
            "simulate", "tiny", "--layers", "1", "--input-ids", ids, "--plaintext-logits", path)
        #expect(result.status == 0, "\(ids) gave \(result.error)")
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    @Test func commasAndSpacesSeparateIds() throws {
        let expected = try logits("1,2,3")
        for ids in ["1 2 3", "1, 2 ,3", " 1  2,3 ", "1\t2\n3", "01,2,003"] { #expect(try logits(ids) == expected) }
        #expect(try logits("123") != expected)
    }

    @Test(arguments: [
        "1,,2", ",1", "1,", "", " ", "+1", "1 -2", "1;2", "1.0", "0x1", "１", "a", "1,99999999999999999999",
    ])
    func anythingElseIsRefused(ids: String) throws {
        for command in ["simulate", "evaluate", "entropy"] {
            let result = try BuiltProgram.refusal([command, "tiny", "--input-ids=\(ids)"])
            #expect(result.status == 64 && result.output.isEmpty, "\(ids) gave \(result.error)")
            #expect(result.error.hasPrefix("sotto: ") && result.error.contains("--input-ids"))
            #expect(result.error.split(separator: "\n").count == 1)
        }
    }

    @Test func completionsShowIds() throws {
        let text = try BuiltProgram.run("simulate", "tiny", "--text", "import ", "--tokens", "2").output
        #expect(text.hasPrefix("prompt                \"import \"\n"))
        #expect(text.contains("\nprompt ids            105,109,112,111,114,116,32\n"))
        let model = try SmallModel(in: files)
        let arguments = ["simulate", model.path, "--input-ids", "1 2", "--tokens", "3"]
        let lines = try BuiltProgram.run(arguments).output.split(separator: "\n")
        let expected = try ReferenceModel(model.weights).greedyCompletion(of: [1, 2], count: 3)
        let list = expected.map(String.init).joined(separator: ",")
        #expect(lines[0] == "prompt ids            1,2")
        #expect(lines[1] == "private ids           \(list)" && lines[2] == "plaintext ids         \(list)")
        let json = try BuiltProgram.run(arguments + ["--format", "json"]).output
        let report = try JSONDecoder().decode(CostReport.self, from: Data(json.utf8))
        #expect(report.completion?.tokens == expected && report.completion?.prompt == "1,2")
        #expect(report.completion?.private == list && report.completion?.plaintext == list)
    }

    @Test func windowsLimitAnEvaluation() throws {
        let model = try SmallModel(in: files)
        func predictions(_ more: String...) throws -> Int? {
            let ids = (0..<19).map { "\($0)" }.joined(separator: " ")
            let result = try BuiltProgram.run(
                ["evaluate", model.path, "--input-ids", ids, "--context", "4", "--format", "json"] + more)
            #expect(result.status == 0, "\(result.error)")
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            #expect(object?["inferences"] as? Int == (more.contains("--private") ? 2 : nil))
            return object?["predictions"] as? Int
        }
        #expect(try predictions() == 14)
        #expect(try predictions("--windows", "1") == 3)
        #expect(try predictions("--windows", "2", "--private") == 6)
        #expect(try predictions("--windows", "1000000000") == 14)
    }

    /// Weights whose products are infinite: the perplexity is none, in every form.
    @Test func aPerplexityThatIsNoNumber() throws {
        let model = try SmallModel("SM", in: files, deviation: 1e12)
        let evaluate = ["evaluate", model.path, "--input-ids", SmallModel.idList]
        let json = try BuiltProgram.run(evaluate + ["--format", "json"])
        #expect(json.status == 0 && json.error.isEmpty, "\(json.error)")
        let object = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["perplexity"] is NSNull && object["predictions"] as? Int == 4)
        let text = try BuiltProgram.run(evaluate)
        #expect(text.status == 0 && (text.output.contains("inf") || text.output.contains("NaN")), "\(text.output)")
    }

    @Test func textsThatAreNone() throws {
        let binary = try files.file("binary", Data([0x61, 0xED, 0xA0, 0x80]))
        for (path, reason) in [
            ("/dev/zero", "more than 256 MiB"), (files.url.path, "cannot be read"), (binary, "not UTF-8"),
            (files.path("none"), "cannot be read"),
        ] {
            let result = try BuiltProgram.run("evaluate", "tiny", "--file", path)
            #expect(result.status == 65 && result.error.contains(reason), "\(path) gave \(result.error)")
            #expect(result.error.split(separator: "\n").count == 1)
        }
        // What comes in pieces is one text.
        let piped = try BuiltProgram.shell(
            #"{ printf ab; sleep 0.1; printf cd; } | "$@""#,
            [
                "evaluate", "tiny", "--layers", "1", "--format", "json", "--file", "/dev/stdin",
            ])
        #expect(piped.status == 0 && piped.output.contains("\"predictions\" : 3"), "\(piped.error)")
    }

    @Test func filesThatAreNoneAreNotReplaced() throws {
        let result = try BuiltProgram.run(
            "simulate", "tiny", "--layers", "1", "--context", "1", "--logits", "/dev/null")
        #expect(result.status == 65 && result.error.contains("name another one"))
        let calibration = try BuiltProgram.run("calibrate", "--quick", "--threads", "1", "--output", "/dev/null")
        #expect(calibration.status == 65 && calibration.error.split(separator: "\n").count == 1)
        let type = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
        #expect(type == .typeCharacterSpecial)
    }

    @Test func exportsSayWhoLoadsThem() throws {
        func said(_ architecture: Architecture, _ name: String) throws -> String {
            let weights = try ModelWeights.random(architecture, seed: 1)
            let source = files.url.appendingPathComponent(name)
            try HuggingFaceModel.write(weights, to: source)
            let target = files.url.appendingPathComponent(name + "-copy")
            let result = try BuiltProgram.run("export", source.path, "--output", target.path)
            #expect(result.status == 0, "\(result.error)")
            let config = try String(contentsOf: target.appendingPathComponent("config.json"), encoding: .utf8)
            #expect(result.output.contains("Sotto's extension") == config.contains("\"sotto\""))
            return result.output
        }
        let llama = try Architecture.preset(named: "tinyllama-1.1b").withWidth(512).firstLayers(1)
        #expect(try said(llama, "llama").contains("LlamaForCausalLM loads it as it is"))
        func small(_ name: String) throws -> Architecture {
            try Architecture(
                notation: .init(name), layers: 1, heads: 2, width: 8, feedForwardWidth: 16, context: 8, vocabulary: 21)
        }
        #expect(try said(small("SM+LN+G"), "gpt2").contains("GPT2LMHeadModel loads it as it is"))
        #expect(try said(small("SM"), "other").contains("Sotto's extension"))
    }

    @Test func theCacheIsWhereTheEnvironmentSays() throws {
        let home = files.url.appendingPathComponent("home")
        let cache = files.url.appendingPathComponent("cache")
        let line = #"unset XDG_CACHE_HOME; HOME="$2" "$1" calibrate --quick --threads 1"#
        let calibrated = try BuiltProgram.shell(line, [home.path])
        #expect(calibrated.status == 0, "\(calibrated.error)")
        #if os(Linux)
            let kept = home.appendingPathComponent(".cache/sotto/calibration.json").path
        #else
            let kept = home.appendingPathComponent("Library/Caches/sotto/calibration.json").path
        #endif
        #expect(FileManager.default.fileExists(atPath: kept) && calibrated.output.contains(kept))
        let before = #"XDG_CACHE_HOME="$3" HOME="$2" "$1" calibrate --quick --threads 1"#
        #expect(try BuiltProgram.shell(before, [home.path, cache.path]).status == 0)
        #expect(FileManager.default.fileExists(atPath: cache.path + "/sotto/calibration.json"))
    }

    /// Without a terminal there are plain lines, and none that cannot be written ends the work.
    @Test func progressIsSaidInLines() throws {
        let evaluate = ["evaluate", "tiny", "--layers", "1", "--text", "abcdefghijk", "--context", "2", "--private"]
        let result = try BuiltProgram.shell(#"SOTTO_PROGRESS_SECONDS=0.000001 "$@""#, evaluate)
        #expect(result.status == 0 && result.output.contains("private"))
        let lines = result.error.split(separator: "\n")
        #expect(lines.count > 2 && lines.allSatisfy { $0.hasPrefix("sotto: evaluating: ") && $0.hasSuffix(" %") })
        #expect(!result.error.contains("\r"))
        let unheard = try BuiltProgram.shell(#"SOTTO_PROGRESS_SECONDS=0.000001 "$@" 2>/dev/null 2>&-"#, evaluate)
        #expect(unheard.status == 0 && unheard.output.contains("private"))
        #expect(try BuiltProgram.run(evaluate).error.isEmpty)
    }

    @Test func aMisspeltCommandIsNamed() throws {
        for (typed, meant) in [
            ("estimat", "estimate"), ("tabel", "table"), ("Simulate", "simulate"), ("eval", "nothing"),
        ] {
            let result = try BuiltProgram.run(typed, "tiny")
            #expect(result.status == 64 && result.error.contains("There is no command '\(typed)'"))
            #expect(result.error.contains("did you mean \(meant)?") == (meant != "nothing"), "\(result.error)")
        }
    }

    @Test func helpSaysWhatIsBuilt() throws {
        for command in ["estimate", "simulate", "table"] {
            let help = try BuiltProgram.run(command, "--help").output.split(whereSeparator: \.isWhitespace)
                .joined(separator: " ")
            #expect(help.contains("ot is built, fss is built"))
            #expect(help.contains("dealer is built, two-party is built"))
        }
    }

    /// A role that fails says why; the demo adds nothing and ends as it did.
    @Test func aDemoEndsAsItsRoleDid() throws {
        let model = files.url.appendingPathComponent("model")
        let architecture = try Architecture(
            notation: .init("SM"), layers: 1, heads: 2, width: 8, feedForwardWidth: 16, context: 32, vocabulary: 256)
        try HuggingFaceModel.write(.random(architecture, seed: 1), to: model, usesByteTokenizer: true)
        try Data("broken".utf8).write(to: model.appendingPathComponent("model.safetensors"))
        let result = try BuiltProgram.run("demo", model.path, "--prompt", "a", "--tokens", "1", "--format", "json")
        #expect(result.status == 65 && result.output.isEmpty)
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }
}

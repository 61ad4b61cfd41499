import Foundation
import SottoCostModel
import SottoModel
import SottoTokenization
import Testing

/// Texts of models with byte-pair tokenizers, through the commands.
@Suite struct TokenizerCommandTests {
    private let files: TemporaryDirectory
    private static let plain = ["--insecure-plaintext", "--timeout", "60"]
    private static let text = "abc ab"
    /// GPT-2's kind, of the small model's 21 ids; id 20 is special.
    private static let tokenizer = #"""
        {"added_tokens":[{"id":20,"content":"<|end|>","single_word":false,"lstrip":false,"rstrip":false,
          "normalized":false,"special":true}],
         "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"decoder":{"type":"ByteLevel"},
         "model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"\u0120":3,"ab":4,"\u0120ab":5,"d":6,"e":7,"f":8,"g":9,"h":10,
          "i":11,"j":12,"k":13,"l":14,"m":15,"n":16,"o":17,"p":18,"q":19},"merges":["a b","\u0120 ab"]}}
        """#

    init() throws { files = try TemporaryDirectory() }

    private func model(_ tokenizer: String? = Self.tokenizer, vocabulary: Int = SmallModel.vocabulary) throws -> String
    {
        let path = try SmallModel(in: files, vocabulary: vocabulary).path
        if let tokenizer {
            try Data(tokenizer.utf8).write(to: URL(fileURLWithPath: path).appendingPathComponent("tokenizer.json"))
        }
        return path
    }

    private func completion(_ arguments: [String]) throws -> CostReport {
        let result = try BuiltProgram.run(arguments + ["--format", "json"])
        try #require(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(CostReport.self, from: Data(result.output.utf8))
    }

    @Test func textsAndFilesAndIdsAreTheSame() throws {
        let model = try model()
        let path = try files.file("text", Data(Self.text.utf8))
        let ids = try files.file("ids", Data("4, 2\n5\n".utf8))
        let inputs = [
            ["--text", Self.text], ["--file", path], ["--input-ids", "4,2,5"], ["--input-ids-file", ids],
        ]
        let reports = try inputs.map { try completion(["simulate", model, "--tokens", "2"] + $0) }
        for report in reports {
            #expect(report.completion?.prompt == Self.text)
            #expect(report.completion?.tokens == reports[0].completion?.tokens)
        }
        for command in ["evaluate", "entropy"] {
            let outputs = try inputs.map { try BuiltProgram.run([command, model] + $0 + ["--format", "json"]).output }
            #expect(Set(outputs).count == 1 && !outputs[0].isEmpty, "\(command)")
        }
    }

    @Test func aDemoTakesEveryPrompt() throws {
        let model = try model()
        let path = try files.file("text", Data(Self.text.utf8))
        let prompts = [["--prompt", Self.text], ["--prompt-file", path], ["--input-ids", "4,2,5"]]
        for prompt in prompts {
            let completion = try completion(["demo", model, "--tokens", "2"] + prompt).completion
            #expect(completion?.prompt == Self.text && completion?.private == completion?.plaintext)
            #expect(completion?.tokens.count == 2)
        }
        let piped = try BuiltProgram.shell(
            #"printf 'abc ab' | "$@""#, ["demo", model, "--tokens", "1", "--prompt-file", "-"])
        #expect(piped.status == 0 && piped.output.contains("\"abc ab\""), "\(piped.error)")
    }

    @Test func aClientGetsTheTokenizerOrBringsIt() throws {
        let model = try model()
        let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0"] + Self.plain)
        let dealerAddress = try dealer.address()
        let server = try RunningRole(
            ["serve", model, "--listen", "127.0.0.1:0", "--dealer", dealerAddress] + Self.plain)
        let connection = ["complete", "--connect", try server.address(), "--dealer", dealerAddress] + Self.plain
        let arguments = connection + ["--tokens", "2"]
        let sent = try completion(arguments + ["--prompt", Self.text])
        let own = try completion(arguments + ["--prompt", Self.text, "--tokenizer", model])
        #expect(sent.completion?.prompt == Self.text && sent.completion?.tokens == own.completion?.tokens)
        // The transfer is overhead: the accounted costs are the same, and those of an estimate.
        #expect(sent.firstDifference(from: own) == nil)
        let difference = try #require(sent.wireOverheadBytes).server - #require(own.wireOverheadBytes).server
        #expect(difference > 300, "\(difference)")
        let estimate = try completion(
            ["estimate", model, "--context", "3", "--tokens", "2", "--positions", "last"])
        #expect(sent.firstDifference(from: estimate) == nil)
        let piped = try BuiltProgram.shell(#"printf 'abc ab' | "$@""#, arguments + ["--prompt-file", "-"])
        #expect(piped.status == 0 && piped.output.hasPrefix("abc ab"), "\(piped.error)")
        // Another one, or none.
        let other = files.url.appendingPathComponent("other")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
        let missing = try BuiltProgram.run(arguments + ["--prompt", "abc", "--tokenizer", other.path])
        #expect(missing.status == 65 && missing.error.contains("tokenizer.json"))
        try Data(Self.tokenizer.replacing("\"a b\",", with: "").utf8)
            .write(to: other.appendingPathComponent("tokenizer.json"))
        let mismatch = try BuiltProgram.run(arguments + ["--prompt", "secret", "--tokenizer", other.path])
        #expect(mismatch.status == 76 && mismatch.output.isEmpty, "\(mismatch.error)")
        #expect(mismatch.error.contains("--tokenizer") && !mismatch.error.contains("secret"))
    }

    @Test func modelsWithoutOneSayWhatToGive() throws {
        let model = try model(nil)
        for arguments in [
            ["simulate", model, "--text", "secret"], ["demo", model], ["evaluate", model, "--text", "secret"],
        ] {
            let result = try BuiltProgram.run(arguments)
            #expect(result.status == 64 && result.error.contains("--input-ids-file"), "\(result.error)")
            #expect(!result.error.contains("secret") && result.error.split(separator: "\n").count == 1)
        }
        #expect(try completion(["demo", model, "--input-ids", "1,2", "--tokens", "1"]).completion?.prompt == "1,2")
    }

    @Test func filesThatDoNotFitAreRefused() throws {
        let small = try model(vocabulary: 10)
        let result = try BuiltProgram.run("simulate", small, "--input-ids", "1")
        #expect(result.status == 65 && result.error.contains("ids 0 to 20"), "\(result.error)")
        let broken = try BuiltProgram.run("simulate", try model("{"), "--text", "a")
        #expect(broken.status == 65 && broken.error.contains("tokenizer.json"), "\(broken.error)")
        // What is not supported leaves ids.
        let foreign = try model(#"{"model":{"type":"WordPiece"}}"#)
        let ids = try BuiltProgram.run("simulate", foreign, "--input-ids", "1")
        #expect(ids.status == 0 && ids.error.contains("WordPiece"), "\(ids.error)")
        #expect(try BuiltProgram.run("simulate", foreign, "--text", "a").status == 64)
    }

    @Test func onlyOnePromptAndNoneInAnError() throws {
        let path = try files.file("ids", Data("my secret".utf8))
        let result = try BuiltProgram.run("simulate", "tiny", "--input-ids-file", path)
        #expect(result.status == 65 && !result.error.contains("secret"), "\(result.error)")
        let empty = try files.file("empty", Data())
        #expect(try BuiltProgram.run("demo", "--prompt-file", empty).status == 65)
        for more in [["--prompt", "a"], ["--input-ids", "1"], ["--input-ids-file", path]] {
            #expect(try BuiltProgram.run(["demo", "--prompt-file", path] + more).status == 64)
        }
        #expect(try BuiltProgram.run("demo", "--prompt-file", files.path("absent")).status == 65)
    }
}

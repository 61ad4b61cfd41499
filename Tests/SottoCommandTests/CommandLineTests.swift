import Foundation
import Testing

/// Exit statuses and messages of the built program.
@Suite(.serialized) struct CommandLineTests {
    /// Lives as long as the test.
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    /// One plain sentence on standard error, nothing on standard output.
    private func expectRefusal(_ result: BuiltProgram.Result, status: Int32, _ arguments: [String]) {
        #expect(result.status == status, "\(arguments) gave \(result.error)")
        #expect(result.output.isEmpty, "\(arguments)")
        #expect(result.error.hasPrefix("sotto: "), "\(arguments)")
        #expect(result.error.hasSuffix(".\n"), "\(arguments)")
        #expect(result.error.split(separator: "\n").count == 1, "\(arguments) gave \(result.error)")
    }

    @Test(arguments: [
        "frobnicate", "estimate", "estimate tiny --foo", "estimate tiny --protocol nope",
        "estimate tiny --protocol fss --domain field", "estimate tiny --protocol fss --preprocessing two-party",
        "estimate tiny --preprocessing two-party --domain field",
        "estimate tiny --domain F17", "deal --listen 127.0.0.1:0 --insecure-plaintext --preprocessing two-party",
        "serve tiny --listen 127.0.0.1:0 --insecure-plaintext --preprocessing two-party --dealer 127.0.0.1:1",
        "estimate tiny --prime-bits 128",
        "estimate tiny --domain field --prime 15", "estimate tiny --domain field --prime 0xyz",
        "estimate tiny --domain field --prime 170141183460469231731687303715884105729",
        "estimate tiny --domain field --prime-bits 79", "estimate tiny --domain field --prime-bits 128 --prime 7",
        "table tiny --prime-bits 128", "table tiny --domain ring64,field --prime -1",
        "estimate tiny --architecture SM+XY", "estimate tiny --layers 5", "estimate tiny --layers 0",
        "estimate tiny --context 129", "estimate tiny --context 0", "estimate tiny --tokens 129",
        "estimate tiny --context 127 --tokens 3", "estimate tiny --tokens 2 --positions all",
        "estimate tiny --blocks-only --positions last", "estimate tiny --format xml", "estimate tiny --threads 0",
        "estimate tiny --timeout 0", "simulate tiny --input-ids 1,,2", "simulate tiny --input-ids -1",
        "simulate tiny --input-ids 99999999999999999999", "simulate tiny --text a --input-ids 1",
        "simulate tiny --blocks-only --text a", "simulate gpt2 --layers 1 --text a", "evaluate tiny",
        "evaluate tiny --text abc --context 129", "evaluate tiny --text abc --logits out.safetensors",
    ])
    func badUsage(line: String) throws {
        let arguments = line.split(separator: " ").map(String.init)
        expectRefusal(try BuiltProgram.run(arguments), status: 64, arguments)
    }

    @Test func unbuiltCombinationsNameTheBuiltOne() throws {
        let error = try BuiltProgram.run("estimate", "tiny", "--protocol", "fss", "--domain", "field").error
        #expect(error.contains("--protocol fss --preprocessing dealer --domain field is not built"))
        #expect(error.contains("there is --protocol ot --preprocessing dealer --domain ring64 or field"))
        #expect(error.contains("--protocol fss --preprocessing dealer --domain ring64"))
    }

    @Test func badData() throws {
        let model = try SmallModel(in: files)
        let broken = try SmallModel(in: files)
        let weights = URL(fileURLWithPath: broken.path).appendingPathComponent("model.safetensors")
        try Data(contentsOf: weights).dropLast(5).write(to: weights)
        let noConfiguration = files.url.appendingPathComponent("nothing")
        let noObject = files.url.appendingPathComponent("no-object")
        for directory in [noConfiguration, noObject] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        try Data("[]".utf8).write(to: noObject.appendingPathComponent("config.json"))
        let binary = try files.file("binary", Data([0xFF, 0xFE, 0x00]))
        let empty = try files.file("empty", Data())
        let edits = try files.file("edits.json", Data(#"{"layers": [{"index": 9, "activation": "relu"}]}"#.utf8))
        for arguments in [
            ["estimate", "no-such-model"], ["estimate", noConfiguration.path], ["estimate", noObject.path],
            ["simulate", broken.path], ["simulate", model.path, "--input-ids", "21"],
            ["estimate", "tiny", "--architecture", files.path("none.json")],
            ["estimate", "tiny", "--architecture", edits], ["simulate", "tiny", "--file", files.path("none")],
            ["simulate", "tiny", "--file", binary], ["simulate", "tiny", "--file", empty],
            ["simulate", "tiny", "--text", "abc", "--context", "4"], ["evaluate", "tiny", "--text", "a"],
            ["evaluate", model.path, "--input-ids", "1,2,21"],
        ] {
            expectRefusal(try BuiltProgram.run(arguments), status: 65, arguments)
        }
    }

    @Test func anUnwritableFileIsBadData() throws {
        let arguments = [
            "simulate", "tiny", "--layers", "1", "--context", "1", "--logits", "/no/such/directory/logits.safetensors",
        ]
        expectRefusal(try BuiltProgram.run(arguments), status: 65, arguments)
    }

    @Test func aServerThatIsNotThereIsUnavailable() throws {
        let arguments = [
            "complete", "--connect", "127.0.0.1:1", "--dealer", "127.0.0.1:1", "--prompt", "a", "--insecure-plaintext",
            "--timeout", "0.2",
        ]
        expectRefusal(try BuiltProgram.run(arguments), status: 69, arguments)
    }

    @Test func helpAndVersionGoToStandardOutput() throws {
        for arguments in [["--help"], ["help", "estimate"], ["simulate", "--help"], ["--version"], []] {
            let result = try BuiltProgram.run(arguments)
            #expect(result.status == 0)
            #expect(!result.output.isEmpty)
            #expect(result.error.isEmpty)
        }
        let commands = try BuiltProgram.run("--help").output
        for command in ["demo", "estimate", "simulate", "serve", "complete", "deal", "evaluate"] {
            #expect(commands.contains("\n  \(command) "))
        }
    }

    @Test(arguments: ["text", "json", "csv", "markdown", "latex"])
    func standardOutputIsCleanInAFile(format: String) throws {
        for arguments in [
            ["estimate", "tiny", "--context", "3"], ["simulate", "tiny", "--layers", "1", "--context", "3"],
            ["evaluate", "tiny", "--layers", "1", "--text", "abcd", "--private"],
            ["simulate", "tiny", "--layers", "1", "--context", "3", "--trace-values"],
        ] {
            let result = try BuiltProgram.run(arguments + ["--format", format])
            #expect(result.status == 0, "\(arguments)")
            #expect(result.error.isEmpty, "\(result.error)")
            #expect(!result.output.isEmpty)
            #expect(result.output.hasSuffix("\n"))
            #expect(!result.output.unicodeScalars.contains { $0 == "\r" || $0 == "\u{1B}" || $0 == "\u{0}" })
            if format == "json" {
                #expect(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) is [String: Any])
            }
        }
    }

    @Test func diagnosticsComeOnlyWhenAskedFor() throws {
        let result = try BuiltProgram.run("simulate", "tiny", "--layers", "1", "--context", "1", "--verbose")
        #expect(result.status == 0)
        #expect(result.error.contains("simulated"))
        #expect(!result.output.contains("simulated"))
    }
}

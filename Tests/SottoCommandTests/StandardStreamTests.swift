import Foundation
import Testing

/// Standard input, output and error that cannot be used, and arguments that are no text.
@Suite(.serialized) struct StandardStreamTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private static let unwritten = "sotto: The result cannot be written to standard output ("

    private func expectUnwritten(_ result: BuiltProgram.Result, _ reason: String, _ command: String) {
        #expect(result.status == 70, "\(command) gave \(result.status) and \(result.error)")
        #expect(result.error.hasPrefix(Self.unwritten + reason), "\(command) gave \(result.error)")
        #expect(result.error.split(separator: "\n").count == 1, "\(command) gave \(result.error)")
    }

    #if os(Linux)
        @Test(arguments: [
            "estimate tiny --context 2", "estimate tiny --context 2 --format json",
            "table tiny --architectures SM --contexts 2", "costs", "calibrate --quick --threads 1 --output FILES/c",
            "evaluate tiny --layers 1 --text abcd", "entropy tiny --text abc",
            "simulate tiny --layers 1 --context 1", "simulate tiny --layers 1 --context 1 --trace-values",
            "suggest tiny --context 2 --layers 1", "demo --tokens 1", "demo --tokens 1 --format json",
            "train --corpus FILES/in --output FILES/run --architecture SM --layers 1 --width 8 --steps 1",
            "--help", "--version", "help table", "estimate --help", "",
        ])
        func aFullDiskIsSaid(command: String) throws {
            let corpus = files.url.appendingPathComponent("in")
            try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
            for name in ["abc.py", "ast.py"] {
                try Data(String(repeating: "a line\n", count: 50).utf8).write(to: corpus.appendingPathComponent(name))
            }
            let arguments = command.replacing("FILES", with: files.url.path).split(separator: " ").map(String.init)
            expectUnwritten(try BuiltProgram.shell(#""$@" > /dev/full"#, arguments), "No space", command)
        }

        @Test func aFullDiskIsSaidOfExportsAndCompletions() throws {
            let model = try SmallModel(in: files)
            expectUnwritten(
                try BuiltProgram.shell(#""$@" > /dev/full"#, ["export", model.path, "--output", files.path("copy")]),
                "No space", "export")
            let plain = ["--insecure-plaintext", "--timeout", "20"]
            let dealer = try RunningRole(["deal", "--listen", "127.0.0.1:0", "--sessions", "1"] + plain)
            let address = try dealer.address()
            let server = try RunningRole(
                ["serve", "tiny", "--layers", "1", "--listen", "127.0.0.1:0", "--dealer", address, "--sessions", "1"]
                    + plain)
            let complete = [
                "complete", "--connect", try server.address(), "--dealer", address, "--prompt", "a", "--tokens", "1",
            ]
            expectUnwritten(
                try BuiltProgram.shell(#""$@" > /dev/full"#, complete + plain), "No space", "complete")
        }

        /// A log that is full ends nothing, and takes no exit status away.
        @Test func diagnosticsNobodyCanReadEndNothing() throws {
            for sink in ["/dev/full", "/dev/null"] {
                let verbose = ["simulate", "tiny", "--layers", "1", "--context", "1", "--verbose"]
                let result = try BuiltProgram.shell(#""$@" 2> \#(sink)"#, verbose)
                #expect(result.status == 0 && result.output.contains("online"), "\(sink)")
                #expect(try BuiltProgram.shell(#""$@" 2> \#(sink)"#, ["estimate", "nothing"]).status == 65)
                #expect(try BuiltProgram.shell(#""$@" 2> \#(sink)"#, ["estimate", "tiny", "--no"]).status == 64)
            }
        }
    #endif

    @Test func aReaderThatLeavesIsNoSignal() throws {
        // The reader is gone before anything is written.
        let line = #"{ sleep 0.2; "$@"; echo $? >&2; } | true"#
        let result = try BuiltProgram.shell(line, ["estimate", "tiny", "--context", "2"])
        #expect(result.error.hasPrefix(Self.unwritten + "Broken pipe") && result.error.hasSuffix("\n70\n"))
        let warning = #"{ sleep 0.2; "$@" 2>&1 >/dev/null; echo $? >&2; } | true"#
        #expect(try BuiltProgram.shell(warning, ["estimate", "nothing"]).error == "65\n")
    }

    @Test func closedDescriptors() throws {
        let estimate = ["estimate", "tiny", "--context", "2"]
        expectUnwritten(try BuiltProgram.shell(#""$@" >&-"#, estimate), "it is closed", "estimate")
        let withoutInput = try BuiltProgram.shell(#""$@" <&-"#, estimate)
        #expect(withoutInput.status == 0 && withoutInput.error.isEmpty && withoutInput.output.contains("online"))
        let withoutError = try BuiltProgram.shell(#""$@" 2>&-"#, ["estimate", "nothing"])
        #expect(withoutError.status == 65 && withoutError.output.isEmpty)
        #expect(try BuiltProgram.shell(#""$@" <&- >&- 2>&-"#, estimate).status == 70)
        #expect(try BuiltProgram.shell(#""$@" >&- 2>&-"#, ["estimate", "nothing"]).status == 65)
    }

    /// A file that is opened while standard output is closed must not get the report.
    @Test func aReportIsNotWrittenIntoAnotherFile() throws {
        let logits = files.path("logits.safetensors")
        let arguments = ["simulate", "tiny", "--layers", "1", "--input-ids", "1", "--logits", logits]
        #expect(try BuiltProgram.run(arguments).status == 0)
        let whole = try Data(contentsOf: URL(fileURLWithPath: logits))
        expectUnwritten(try BuiltProgram.shell(#""$@" <&- >&-"#, arguments), "it is closed", "simulate")
        #expect(try Data(contentsOf: URL(fileURLWithPath: logits)) == whole)
    }

    @Test(arguments: [
        (#""$@" --text "$(printf 'a\377')""#, "The value of --text"),
        (#""$@" --text="$(printf '\300\257')""#, "The value of --text"),
        (#""$@" "$(printf 'a\355\240\200')""#, "Argument 3"),
        (#""$@" "--$(printf '\200')=1""#, "Argument 3"),
    ])
    func argumentsThatAreNoText(line: String, name: String) throws {
        let result = try BuiltProgram.shell(line, ["simulate", "tiny"])
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.error == "sotto: \(name) is not UTF-8 text; convert it first.\n")
    }

    @Test func otherArgumentsAreText() throws {
        let result = try BuiltProgram.run("evaluate", "tiny", "--layers", "1", "--text", "Grüße, 世界 \u{FFFD}")
        #expect(result.status == 0, "\(result.error)")
    }
}

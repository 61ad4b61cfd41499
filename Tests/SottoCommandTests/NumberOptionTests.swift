import Foundation
import Testing

/// Every number that an option takes, beyond its range on both sides and as what is no number: never a signal, and one
/// sentence that says what is allowed.
@Suite struct NumberOptionTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private static let values = [
        "0", "-1", "2147483648", "9223372036854775807", "-9223372036854775808", "nan", "inf", "1e308", "",
    ]

    private static let train =
        "train --architecture SM(t)+ScFuFFN --corpus FILES/in --output FILES/run --steps 1 --layers 1 --threads 1"

    private static let commands: [(line: String, options: [String])] = [
        ("estimate tiny --network lan", ["context", "tokens", "layers", "seed", "threads", "timeout"]),
        ("estimate tiny --domain field", ["prime-bits", "prime"]),
        ("table tiny --architectures SM", ["contexts", "depths", "widths", "threads", "timeout"]),
        ("suggest tiny --layers 1 --context 2", ["top", "seed", "context"]),
        ("simulate tiny --layers 1 --context 1", ["tokens", "seed", "input-ids", "threads", "timeout"]),
        ("simulate tiny --blocks-only --layers 1", ["context", "layers"]),
        ("evaluate tiny --layers 1 --text abcd", ["context", "windows", "seed"]),
        ("entropy tiny --layers 1 --text abcd", ["context", "windows", "epsilon"]),
        ("calibrate --quick --output FILES/calibration.json", ["threads"]),
        ("demo --prompt a", ["tokens", "timeout", "layers"]),
        (
            train,
            [
                "layers", "heads", "width", "ffn-width", "context", "held-out", "steps", "batch", "learning-rate",
                "warmup", "final-learning-rate", "weight-decay", "clip", "matrix-deviation", "embedding-deviation",
                "temperature-start", "lambda", "gamma", "threshold-start", "threads", "log-every",
                "checkpoint-every", "stop-after",
            ]
        ),
    ]

    private func run(_ line: String, _ more: [String]) throws -> BuiltProgram.Result {
        try BuiltProgram.run(
            line.replacing("FILES", with: files.url.path).split(separator: " ").map(String.init) + more)
    }

    private func expectOrderly(_ result: BuiltProgram.Result, _ command: String) {
        #expect([0, 64, 65].contains(result.status), "\(command) gave \(result.status) and \(result.error)")
        guard result.status != 0 else { return }
        #expect(result.output.isEmpty, "\(command)")
        #expect(result.error.hasPrefix("sotto: ") && result.error.hasSuffix(".\n"), "\(command) gave \(result.error)")
        #expect(result.error.split(separator: "\n").count == 1, "\(command) gave \(result.error)")
        // A number after a space is the option's value, whatever its sign.
        #expect(!result.error.contains("Missing value"), "\(command) gave \(result.error)")
    }

    @Test(arguments: commands.indices)
    func noNumberTraps(place: Int) throws {
        let corpus = files.url.appendingPathComponent("in")
        try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
        for name in ["abc.py", "ast.py"] {
            try Data(String(repeating: "a line\n", count: 50).utf8).write(to: corpus.appendingPathComponent(name))
        }
        let (line, options) = Self.commands[place]
        for option in options {
            for value in Self.values {
                // An empty value after a space is none to the parser.
                let given = value.isEmpty ? ["--\(option)="] : ["--\(option)", value]
                let arguments =
                    line.replacing("FILES", with: files.url.path).split(separator: " ").map(String.init) + given
                let result = try BuiltProgram.refusal(arguments)
                guard value.isEmpty else {
                    expectOrderly(result, "\(line) --\(option) \(value)")
                    continue
                }
                #expect(result.status == 64 && result.output.isEmpty, "\(line) --\(option)=")
            }
        }
    }

    @Test(arguments: [
        ("estimate tiny --seed -1", "a whole number from 0 to 18446744073709551615"),
        ("estimate tiny --seed 1.5", "a whole number from 0 to 18446744073709551615"),
        ("estimate tiny --context 9223372036854775807", "a whole number from 1 to 65536"),
        ("estimate tiny --timeout -.5", "a number above 0 and at most 1000000"),
        ("table tiny --contexts 1,-2", "whole numbers from 1 to 65536, with commas between"),
        ("entropy tiny --text a --epsilon -1e-3", "a number from 0 to 0.001"),
        ("train --corpus a --output b --architecture SM --learning-rate -0.1", "a number above 0 and at most 1000"),
        ("train --corpus a --output b --architecture SM --temperature-start -1", "a number from 1e-06 to 1000000"),
        ("train --corpus a --output b --architecture SM --clip -inf", "a number from 0 to 1000000000"),
        ("demo --timeout nan", "a number above 0 and at most 86400"),
    ])
    func theRangeIsSaid(line: String, range: String) throws {
        let result = try run(line, [])
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.error.contains("It must be \(range); see 'sotto "), "\(line) gave \(result.error)")
    }

    /// A negative number is a value only behind an option that has none yet.
    @Test func negativeNumbersThatAreNoValues() throws {
        for line in ["estimate tiny -1", "estimate tiny --verbose -1", "estimate tiny --seed=1 -1"] {
            expectOrderly(try run(line, []), line)
        }
        let text = try run("evaluate tiny --layers 1", ["--text", "-1 and more"])
        #expect(text.status == 0, "\(text.error)")
    }

    @Test(arguments: [
        "0Mbps,1ms", "-1Mbps,1ms", "1e308Mbps,1ms", "nanMbps,1ms", "infMbps,1ms", "1Mbps,1e308ms",
        "1Mbps,9223372036854775807s", "9223372036854775807Mbps,1ms", "1kbps,101s", "0.5kbps,1s", "1001Gbps,1s",
    ])
    func networksThatAreNone(network: String) throws {
        let result = try run("estimate tiny --layers 1 --context 2 --network", [network])
        #expect(result.status == 64, "\(result.error)")
        expectOrderly(result, network)
    }

    /// Nanoseconds end at 292 years.
    @Test func timesOfAgesAreSaid() throws {
        let table = try run("table llama2-7b --contexts 4096 --architectures SM+LN+G --network 1kbps,100s", [])
        #expect(table.status == 0 && table.output.contains("above 292 years"), "\(table.error)")
    }

    @Test func sumsThatNoCounterHolds() throws {
        let layer =
            #"{"norm1": "none", "norm2": "none", "activation": "identity", "fused": true, "scaled": false, "#
            + #""temperature": false}"#
        let configuration = """
            {"model_type": "gpt2", "vocab_size": 1048576, "n_positions": 65536, "n_embd": 8192, "n_layer": 1024, \
            "n_head": 1024, "n_inner": 65536, "activation_function": "relu", "bos_token_id": null, \
            "eos_token_id": null, "sotto": {"final_norm": "none", \
            "layers": [\(Array(repeating: layer, count: 1024).joined(separator: ","))]}}
            """
        _ = try files.file("config.json", Data(configuration.utf8))
        let result = try run("estimate FILES --layers 2 --context 20000 --generate 45537", [])
        #expect(result.status == 64 && result.error.contains("lower --generate"), "\(result.status) \(result.error)")
        let single = try run("estimate FILES --layers 2 --context 65536", [])
        #expect(single.status == 64 && single.error.contains("lower --context"), "\(single.status) \(single.error)")
    }

    @Test(arguments: [
        "layers[9223372036854775807].ffn.norm=none", "layers[-1].ffn.norm=none",
        "layers[0-9223372036854775807].ffn.norm=none", "layers[99999999999999999999].ffn.norm=none",
        "layers[].ffn.norm=none", "final_norm=x", "=", "layers[3-1].ffn.norm=none", "layers[0].ffn.fused=maybe",
        "layers[0].ffn.activation=tanh", "layers[0].ffn.fused=true",
    ])
    func everyEditOfTheCommandLineIsUsage(edit: String) throws {
        for line in ["estimate tiny", "table tiny", "suggest tiny", "simulate tiny", "demo"] {
            let result = try BuiltProgram.refusal(line.split(separator: " ").map(String.init) + ["--edit", edit])
            #expect(result.status == 64, "\(line) --edit \(edit) gave \(result.error)")
            expectOrderly(result, "\(line) --edit \(edit)")
        }
    }

    /// What a file says is data.
    @Test func editsInAFileAreData() throws {
        let file = try files.file("edits.json", Data(#"{"layers": [{"index": 0, "activation": "tanh"}]}"#.utf8))
        for line in ["estimate tiny --architecture", "table tiny --architectures"] {
            #expect(try run(line, [file]).status == 65)
        }
    }
}

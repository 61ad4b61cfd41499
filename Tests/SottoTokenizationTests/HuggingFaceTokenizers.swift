import Foundation
import Testing

/// The Python with Hugging Face's tokenizers that `set_up_tokenizers.py` finds or installs.
enum HuggingFaceTokenizers {
    /// What tests do without it.
    static let notice: Comment = "Hugging Face's tokenizers are not to be had here; the output says why"

    /// Whether there is one, which the first call finds out and says if not; installing takes seconds.
    static func isAvailable() -> Bool { setUp != nil }

    /// The directory of GPT-2's vocabulary and merges.
    static var gpt2: URL { URL(fileURLWithPath: setUp?.gpt2 ?? "", isDirectory: true) }

    private static let setUp: (python: String, gpt2: String)? = {
        let result = launch("/usr/bin/env", ["python3", scripts.appendingPathComponent("set_up_tokenizers.py").path])
        let lines = result.output.split(separator: "\n").map(String.init)
        guard result.status == 0, lines.count >= 2 else {
            let reason = lines.last ?? "python3 cannot be run"
            print("Tests against Hugging Face's tokenizers are skipped: \(reason).")
            return nil
        }
        return (lines[lines.count - 2], lines[lines.count - 1])
    }()

    private struct Request: Encodable {
        let texts: [String]
        let seed: Int
    }

    struct Failure: Error, CustomStringConvertible {
        let output: String
        var description: String { "The script failed:\n\(output)" }
    }

    /// What the library makes of texts with a directory's tokenizer.
    static func expectation(
        _ directory: URL, texts: [String], seed: Int, in scratch: URL
    ) throws -> TokenizerFixture.Expectation {
        let (request, answer) = (
            scratch.appendingPathComponent("request.json"), scratch.appendingPathComponent("answer.json")
        )
        try JSONEncoder().encode(Request(texts: texts, seed: seed)).write(to: request)
        let script = scripts.appendingPathComponent("encode.py").path
        let result = launch(setUp?.python ?? "", [script, directory.path, request.path, answer.path])
        guard result.status == 0 else { throw Failure(output: result.output) }
        return try TokenizerFixture.Expectation(contentsOf: answer)
    }

    private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Reference", isDirectory: true)

    /// Output and errors together, in the order they came.
    private static func launch(_ program: String, _ arguments: [String]) -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return (-1, "") }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

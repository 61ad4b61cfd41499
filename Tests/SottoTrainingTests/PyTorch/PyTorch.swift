import Foundation
import Testing

/// The Python with PyTorch that `set_up_pytorch.py` finds or installs.
enum PyTorch {
    /// What tests do without it.
    static let notice: Comment = "PyTorch is not to be had here; the output says why, docs/pytorch/README.md what to do"

    /// Where `set_up_pytorch.py` puts what it installs.
    private static var cache: String {
        let environment = ProcessInfo.processInfo.environment
        let parent = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        return (parent ?? home + "/.cache") + "/sotto-tests"
    }

    /// Whether there is one, which the first call finds out and says if not; installing can take minutes.
    static func isAvailable() -> Bool { interpreter != nil }

    private static let interpreter: String? = {
        if ProcessInfo.processInfo.environment["SOTTO_PYTORCH"] == nil {
            print(
                """
                Tests against PyTorch keep about 1.2 GB in \(cache), which they make once and can be removed; \
                SOTTO_PYTORCH=none leaves them out, SOTTO_PYTORCH=/path/to/python takes a Python that has PyTorch.
                """)
        }
        let result = launch("/usr/bin/env", ["python3", scripts.appendingPathComponent("set_up_pytorch.py").path])
        guard result.status == 0 else {
            let reason = result.output.split(separator: "\n").last.map(String.init) ?? "python3 cannot be run"
            print("Tests against PyTorch are skipped: \(reason).")
            return nil
        }
        return result.output.split(separator: "\n").last.map(String.init)
    }()

    /// Runs one of the reference scripts.
    /// - Throws: ``Failure`` with what it printed if it fails.
    static func run(_ script: String, _ arguments: [String]) throws {
        let result = launch(interpreter ?? "", [scripts.appendingPathComponent(script).path] + arguments)
        guard result.status == 0 else { throw Failure(output: result.output) }
    }

    struct Failure: Error, CustomStringConvertible {
        let output: String
        var description: String { "The script failed:\n\(output)" }
    }

    private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Reference", isDirectory: true)

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

import Foundation
import SottoCommand

/// The built `sotto`, run as a process of its own.
enum BuiltProgram {
    struct Result {
        let status: Int32
        let output: String
        let error: String
    }

    enum Failure: Error {
        case notBuilt
        case hangs([String])
    }

    /// The program lies beside the test bundle.
    static func executable() throws -> URL {
        let bundles = [Bundle.main] + Bundle.allBundles
        let places =
            bundles.flatMap { [$0.bundleURL, $0.bundleURL.deletingLastPathComponent()] }
            + [URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()]
        for place in places {
            let candidate = place.appendingPathComponent("sotto")
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isDirectory)
            if exists, !isDirectory.boolValue, FileManager.default.isExecutableFile(atPath: candidate.path) {
                return candidate
            }
        }
        throw Failure.notBuilt
    }

    /// Runs the program to its end. Its output goes to files, so that no pipe can fill up.
    static func run(_ arguments: String...) throws -> Result { try run(arguments) }

    static func run(_ arguments: [String]) throws -> Result { try launch(executable(), arguments) }

    /// What the program says of arguments, without a process where its parser refuses them; for tests of very many lines, as
    /// a process would print and end with the same.
    static func refusal(_ arguments: [String]) throws -> Result {
        guard let refusal = Refusal(of: arguments) else { return try run(arguments) }
        return Result(status: refusal.status, output: "", error: refusal.message)
    }

    /// Runs a line of the shell in which `"$@"` is the program with the arguments, for what only a shell can pass: other
    /// descriptors, and bytes that are no text.
    static func shell(_ line: String, _ arguments: [String] = []) throws -> Result {
        try launch(URL(fileURLWithPath: "/bin/sh"), ["-c", line, "sh", executable().path] + arguments)
    }

    private static func launch(_ program: URL, _ arguments: [String]) throws -> Result {
        let directory = try TemporaryDirectory()
        let (output, error) = (directory.url.appendingPathComponent("out"), directory.url.appendingPathComponent("err"))
        for file in [output, error] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        // No calibration of this machine's user.
        let cache = directory.url.appendingPathComponent("cache").path
        process.environment = ProcessInfo.processInfo.environment.merging(["XDG_CACHE_HOME": cache]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: error)
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        guard ended.wait(timeout: .now() + 300) == .success else {
            process.terminate()
            throw Failure.hangs(arguments)
        }
        defer { withExtendedLifetime(directory) {} }
        return Result(
            status: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
    }
}

/// A directory that goes when the value does.
final class TemporaryDirectory {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of a file in it.
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a file and gives its path.
    func file(_ name: String, _ contents: Data) throws -> String {
        try contents.write(to: url.appendingPathComponent(name))
        return path(name)
    }
}

import Foundation
import TestSupport
import Testing

/// What `sotto train` and `sotto calibrate` say of OpenBLAS.
@Suite struct TrainKernelTests {
    private let files: TemporaryDirectory
    private let train: [String]

    init() throws {
        files = try TemporaryDirectory()
        let corpus = files.url.appendingPathComponent("corpus")
        try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
        try Data(String(repeating: "some words to learn\n", count: 60).utf8).write(
            to: corpus.appendingPathComponent("a.txt"))
        train = [
            "train", "--corpus", corpus.path, "--output", files.path("run"), "--architecture", "SM", "--steps", "1",
            "--layers", "1", "--heads", "1", "--width", "8", "--context", "8", "--batch", "1", "--threads", "1",
        ]
    }

    private var calibrate: [String] {
        ["calibrate", "--quick", "--threads", "1", "--output", files.path("calibration.json")]
    }

    @Test func kernelsAreNamedWhereTheyAreAskedFor() throws {
        let silent = try BuiltProgram.run(train)
        #expect(silent.status == 0 && !silent.error.contains("products of matrices"), "\(silent.error)")
        let verbose = try BuiltProgram.run(train + ["--restart", "--verbose"])
        #expect(verbose.status == 0 && verbose.error.contains("info: products of matrices by OpenBLAS"))
        #expect(verbose.error.contains(" kernels"), "\(verbose.error)")
        let calibrated = try BuiltProgram.run(calibrate)
        #expect(calibrated.status == 0 && calibrated.output.contains("training: OpenBLAS"), "\(calibrated.error)")
    }

    #if os(Linux)
        /// A user's choice stands, even of the oldest kernels, and nobody is told that there are better ones.
        @Test func theUsersChoiceStands() throws {
            let result = try BuiltProgram.shell(#"OPENBLAS_CORETYPE=Prescott exec "$@""#, train + ["--verbose"])
            #expect(result.status == 0 && result.error.contains("(OPENBLAS_CORETYPE is set)"), "\(result.error)")
            #expect(!result.error.contains("in place of") && !result.error.contains("faster"), "\(result.error)")
        }

        /// Only training needs the library, and says so.
        @Test func withoutTheLibraryAllElseGoesOn() throws {
            _ = try files.file("libopenblas.so.0", Data("no library".utf8))
            func run(_ arguments: [String]) throws -> BuiltProgram.Result {
                try BuiltProgram.shell("LD_LIBRARY_PATH='\(files.url.path)' exec \"$@\"", arguments)
            }
            let trained = try run(train)
            #expect(trained.status == 69 && trained.output.isEmpty)
            #expect(trained.error.contains("apt-get install libopenblas0"), "\(trained.error)")
            #expect(trained.error.split(separator: "\n").count == 1)
            #expect(!FileManager.default.fileExists(atPath: files.path("run")))
            let calibrated = try run(calibrate)
            #expect(calibrated.status == 0 && calibrated.output.contains("training: Training needs OpenBLAS"))
            #expect(try run(["estimate", "tiny", "--context", "4"]).status == 0)
        }
    #endif
}

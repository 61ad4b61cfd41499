import CSottoLibraryLoader
import Foundation
import SottoTraining
import TestSupport
import Testing

/// OpenBLAS as it is loaded, and its products.
struct OpenBLASTests {
    /// Products of shapes around the blocks of kernels, beside sums in double precision.
    @Test func productsAreThoseOfAReference() throws {
        let openBLAS = try OpenBLAS.load()
        var generator = SeededGenerator(5)
        for (m, k, n) in [(1, 1, 1), (1, 7, 5), (3, 1, 4), (5, 16, 3), (17, 33, 65), (64, 64, 64), (48, 129, 31)] {
            let (a, b) = (generator.floats(m * k), generator.floats(k * n))
            let start = generator.floats(m * n)
            var c = start
            openBLAS.multiplyAccumulate(into: &c, a, b, m: m, k: k, n: n)
            for row in 0..<m {
                for column in 0..<n {
                    let products = (0..<k).map { Double(a[row * k + $0]) * Double(b[$0 * n + column]) }
                    let expected = products.reduce(Double(start[row * n + column]), +)
                    let size = products.reduce(abs(Double(start[row * n + column]))) { $0 + abs($1) }
                    // A sum in single precision in any order.
                    let bound = Double(k + 1) * size * Double(Float.ulpOfOne)
                    #expect(abs(Double(c[row * n + column]) - expected) <= bound, "\(m) \(k) \(n)")
                }
            }
        }
        var nothing: [Float] = []
        openBLAS.multiplyAccumulate(into: &nothing, [], [1, 2], m: 0, k: 1, n: 2)
        #expect(nothing.isEmpty)
    }

    @Test func productsAreTheSameToTheBit() throws {
        var generator = SeededGenerator(6)
        let (a, b) = (generator.floats(40 * 50), generator.floats(50 * 60))
        let products = try (0..<3).map { _ in
            var c = [Float](repeating: 0, count: 40 * 60)
            try OpenBLAS.load().multiplyAccumulate(into: &c, a, b, m: 40, k: 50, n: 60)
            return c.bits
        }
        #expect(Set(products).count == 1)
    }

    @Test func loadsOfManyThreadsAreOfOneLibrary() async throws {
        let found = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 { group.addTask { try OpenBLAS.load().kernels.name } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(found.count == 1)
    }

    #if os(Linux)
        private static let isFree = ProcessInfo.processInfo.environment[OpenBLASKernels.setting] == nil

        /// What no load is changing.
        private static var environment: [String: String] {
            sotto_library_begin()
            defer { sotto_library_end() }
            return ProcessInfo.processInfo.environment
        }

        /// Where the library was loaded from. The file is read in pieces, between which other threads move lines of it.
        private static func loadedPath() -> String? {
            let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
            let line = maps?.split(separator: "\n").first { $0.contains("openblas") }
            return line.flatMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }
        }

        /// A copy is a library of its own to the loader, which no other test has loaded.
        private static func copy() throws -> TextDirectory {
            _ = try OpenBLAS.load()
            let path = try #require((0..<100).lazy.compactMap { _ in loadedPath() }.first)
            let directory = try TextDirectory()
            try FileManager.default.copyItem(atPath: path, toPath: directory.file("copy.so").path)
            return directory
        }

        /// The environment is as before, though the library was told by it.
        @Test(.enabled(if: isFree)) func kernelsAreThoseOfTheProcessor() throws {
            let directory = try Self.copy()
            let before = Self.environment
            let openBLAS = try OpenBLAS.load(
                library: directory.file("copy.so").path, processor: .ofThisProcessor, userSetting: nil)
            #expect(Self.environment == before)
            let kernels = openBLAS.kernels
            // Libraries that are built for one processor have no others.
            if kernels.remedy == nil {
                #expect(OpenBLASKernels.better(than: kernels.name, on: .ofThisProcessor) == nil)
            }
            #expect(try OpenBLAS.load().kernels.name == kernels.name)
            // Once loaded, it is left as it is.
            let again = try OpenBLAS.load(
                library: directory.file("copy.so").path, processor: .ofThisProcessor, userSetting: nil)
            #expect(again.kernels.name == kernels.name)
        }

        /// Of a library that somebody else has loaded, and of one whose user has chosen, the kernels stay.
        @Test(.enabled(if: isFree)) func aLoadedLibraryIsNotLoadedAgain() throws {
            let directory = try Self.copy()
            let path = directory.file("copy.so").path
            let chosen = try OpenBLAS.load(library: path, processor: .avx512, userSetting: "Haswell")
            #expect(chosen.kernels.origin == .user && chosen.kernels.remedy == nil)
            let loaded = try OpenBLAS.load(library: path, processor: .ofThisProcessor, userSetting: nil)
            #expect(loaded.kernels.name == chosen.kernels.name && loaded.kernels.origin == .library)
            let better = OpenBLASKernels.better(than: loaded.kernels.name, on: .ofThisProcessor)
            #expect((loaded.kernels.remedy == nil) == (better == nil))
            if let better { #expect(loaded.kernels.remedy?.contains("OPENBLAS_CORETYPE=\(better)") == true) }
        }

        @Test func aLibraryThatIsNotThereIsAnError() {
            let error = #expect(throws: OpenBLASError.self) {
                _ = try OpenBLAS.load(library: "libnothing.so.9", processor: nil, userSetting: nil)
            }
            guard case .notLoaded(library: "libnothing.so.9", let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("libnothing.so.9"))
            #expect(error?.description.contains("apt-get install libopenblas0") == true)
        }

        @Test func anotherLibraryIsAnError() {
            #expect(throws: OpenBLASError.missingFunction(library: "libm.so.6", function: "cblas_sgemm")) {
                _ = try OpenBLAS.load(library: "libm.so.6", processor: .avx512, userSetting: nil)
            }
        }
    #endif
}

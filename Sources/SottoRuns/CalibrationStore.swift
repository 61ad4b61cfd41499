import Foundation
import SottoAlgebra
import SottoCostModel
import SottoSecureComputation

#if canImport(Darwin)
    import Darwin
#endif

/// Where this machine's calibration is kept.
public enum CalibrationStore {
    /// In the user's cache directory: `$XDG_CACHE_HOME`, else `.cache` in `$HOME` (on macOS `Library/Caches`), else in the
    /// home directory that the system knows.
    public static var url: URL {
        func directory(_ variable: String) -> URL? {
            ProcessInfo.processInfo.environment[variable]
                .flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0, isDirectory: true) : nil }
        }
        #if canImport(Darwin)
            let caches = "Library/Caches"
        #else
            let caches = ".cache"
        #endif
        let home = directory("HOME") ?? FileManager.default.homeDirectoryForCurrentUser
        return (directory("XDG_CACHE_HOME") ?? home.appendingPathComponent(caches, isDirectory: true))
            .appendingPathComponent("sotto", isDirectory: true).appendingPathComponent("calibration.json")
    }

    /// Where this machine's kernels of matrix products change.
    /// - Throws: `CalibrationError`, which says why the file is of no use.
    public static func crossovers(at url: URL = url) throws(CalibrationError) -> ProductCrossovers {
        try Calibration(contentsOf: url, machine: .current).crossovers
    }

    /// What local work takes on this machine, with so many threads for matrix products.
    /// - Throws: `CalibrationError`, which says why the file is of no use.
    public static func model(
        at url: URL = url, threads: Int, target: Target
    ) throws(CalibrationError) -> ComputeModel {
        let calibration = try Calibration(contentsOf: url, machine: .current)
        guard let model = calibration[threads: threads, target] else {
            throw .unmeasured(path: url.path, threads: threads, target: target)
        }
        return model
    }
}

extension Calibration.Machine {
    /// The machine that the program runs on.
    public static var current: Calibration.Machine {
        Calibration.Machine(processor: currentProcessor, cores: ProcessInfo.processInfo.processorCount)
    }

    private static var currentProcessor: String {
        #if canImport(Darwin)
            var size = 0
            guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 1 else { return "unknown" }
            var name = [UInt8](repeating: 0, count: size)
            guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return "unknown" }
            return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        #else
            let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
            let line = lines.first { $0.hasPrefix("model name") }
            return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
        #endif
    }
}

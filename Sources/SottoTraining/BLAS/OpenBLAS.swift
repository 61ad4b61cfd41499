import Foundation

#if !os(macOS)
    import CSottoLibraryLoader
#endif

/// OpenBLAS, loaded: the products of matrices that training makes, each on the thread that asks for it.
///
/// The library stays in the process. It may be loaded any number of times, from any threads; all values are then of the
/// same library.
public struct OpenBLAS: Sendable, CustomStringConvertible {
    /// Such as 0.3.21; nil if the library does not say.
    public let version: String?
    /// The kernels that it uses.
    public let kernels: OpenBLASKernels
    let functions: OpenBLASFunctions

    private init(_ functions: OpenBLASFunctions, kernels: OpenBLASKernels) {
        self.functions = functions
        self.kernels = kernels
        let words = functions.configuration().map { String(cString: $0) }?.split(separator: " ") ?? []
        version = words.first == "OpenBLAS" && words.count > 1 ? String(words[1]) : nil
        // Training has threads of its own, and results must not depend on those of a library.
        functions.setThreads(1)
    }

    public var description: String { "OpenBLAS \(version.map { "\($0), " } ?? "")\(kernels)" }
}

extension OpenBLASFunctions {
    /// What the library calls the kernels that it uses.
    var kernelName: String { coreName().map { String(cString: $0) } ?? "unknown" }
}

#if os(macOS)
    extension OpenBLAS {
        /// The library that the program is linked with, and the kernels that it has taken.
        public static func load() throws(OpenBLASError) -> OpenBLAS {
            let functions = OpenBLASFunctions()
            return OpenBLAS(functions, kernels: OpenBLASKernels(name: functions.kernelName, origin: .library))
        }
    }
#else
    extension OpenBLAS {
        /// Loads the system's library. Where it takes kernels for less than this processor has, as versions do that are
        /// older than the processor, it is loaded again and told which to take, unless `OPENBLAS_CORETYPE` is set.
        /// - Throws: ``OpenBLASError``.
        public static func load() throws(OpenBLASError) -> OpenBLAS {
            sotto_library_begin()
            defer { sotto_library_end() }
            // Not before: another thread's load may just have a setting of its own.
            let setting = ProcessInfo.processInfo.environment[OpenBLASKernels.setting]
            return try choose(library: "libopenblas.so.0", processor: .ofThisProcessor, userSetting: setting)
        }

        /// - Parameters:
        ///   - library: a file's name as `dlopen` takes it.
        ///   - processor: the instructions that kernels may have.
        ///   - userSetting: the value of `OPENBLAS_CORETYPE`.
        /// - Throws: ``OpenBLASError``.
        package static func load(
            library: String, processor: VectorInstructions?, userSetting: String?
        ) throws(OpenBLASError) -> OpenBLAS {
            sotto_library_begin()
            defer { sotto_library_end() }
            return try choose(library: library, processor: processor, userSetting: userSetting)
        }

        /// One load, or two, while no other thread's load is under way.
        private static func choose(
            library: String, processor: VectorInstructions?, userSetting: String?
        ) throws(OpenBLASError) -> OpenBLAS {
            let wasLoaded = sotto_library_is_loaded(library)
            let first = try Handle(library, settings: wasLoaded ? [] : Handle.settings)
            let taken = first.functions.kernelName
            guard let better = OpenBLASKernels.better(than: taken, on: processor, userSetting: userSetting) else {
                return OpenBLAS(
                    first.functions, kernels: .init(name: taken, origin: userSetting == nil ? .library : .user))
            }
            if wasLoaded {
                return OpenBLAS(
                    first.functions, kernels: .init(name: taken, insteadOf: better, because: .loadedBefore))
            }
            first.close()
            let second = try Handle(
                library, settings: Handle.settings + ["\(OpenBLASKernels.setting)=\(better)"])
            let name = second.functions.kernelName
            let stillBetter = OpenBLASKernels.better(than: name, on: processor)
            return OpenBLAS(
                second.functions,
                kernels: stillBetter.map { .init(name: name, insteadOf: $0, because: .notInLibrary) }
                    ?? .init(name: name, origin: .replacement(of: taken)))
        }

        /// One load of the library.
        private struct Handle {
            let functions: OpenBLASFunctions
            private let library: UnsafeMutableRawPointer

            /// No threads of the library's own: they would be idle, and have to be ended to take the load back.
            static let settings = ["OPENBLAS_NUM_THREADS=1"]

            /// - Parameter settings: what the environment has besides while the library loads.
            init(_ name: String, settings: [String]) throws(OpenBLASError) {
                guard let library = Self.open(name, settings) else {
                    throw .notLoaded(library: name, reason: String(cString: sotto_library_error()))
                }
                do {
                    functions = try OpenBLASFunctions(of: library, named: name)
                } catch {
                    sotto_library_close(library)
                    throw error
                }
                self.library = library
            }

            func close() { sotto_library_close(library) }

            private static func open(_ name: String, _ settings: [String]) -> UnsafeMutableRawPointer? {
                func open(_ rest: ArraySlice<String>, _ pointers: [UnsafePointer<CChar>?]) -> UnsafeMutableRawPointer? {
                    guard let first = rest.first else {
                        return sotto_library_open(name, pointers, Int32(pointers.count))
                    }
                    return first.withCString { open(rest.dropFirst(), pointers + [$0]) }
                }
                return open(settings[...], [])
            }
        }
    }
#endif

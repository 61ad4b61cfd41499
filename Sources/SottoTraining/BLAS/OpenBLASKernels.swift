/// Which of its kernels OpenBLAS uses, and why.
public struct OpenBLASKernels: Sendable, Hashable, CustomStringConvertible {
    /// Who chose them.
    public enum Origin: Sendable, Hashable {
        /// The library.
        case library
        /// The user, by `OPENBLAS_CORETYPE`.
        case user
        /// The trainer, in place of those that the library had taken.
        case replacement(of: String)
    }

    /// Why better kernels that the processor could run were not had.
    package enum Obstacle: Sendable, Hashable {
        /// Another part of the process had loaded the library before.
        case loadedBefore
        /// The library has none.
        case notInLibrary
    }

    /// As the library calls the processors that they are made for: SkylakeX, Haswell.
    public let name: String
    public let origin: Origin
    /// One sentence, where the processor could run better ones: what they are and how to get them.
    public let remedy: String?

    package init(name: String, origin: Origin) {
        self.name = name
        self.origin = origin
        remedy = nil
    }

    /// Kernels for less than the processor has.
    /// - Parameter coreType: those that it should have, by the library's name.
    package init(name: String, insteadOf coreType: String, because obstacle: Obstacle) {
        self.name = name
        origin = .library
        let advice =
            switch obstacle {
            case .loadedBefore: "set \(Self.setting)=\(coreType) in the environment of the program"
            case .notInLibrary: "install a newer OpenBLAS, or one that is built for this processor"
            }
        remedy =
            "OpenBLAS uses its \(name) kernels where this processor could run \(coreType)'s, which are faster; \(advice)."
    }

    public var description: String {
        switch origin {
        case .library: "\(name) kernels"
        case .user: "\(name) kernels (\(Self.setting) is set)"
        case .replacement(let other): "\(name) kernels in place of \(other)"
        }
    }

    /// The variable of the environment by which OpenBLAS is told which kernels to take while it loads.
    package static let setting = "OPENBLAS_CORETYPE"

    /// Which kernels to ask for in place of those that the library has taken.
    ///
    /// Only names that are in every version of the library since 2018 are asked for. A library that took kernels for a
    /// processor of AMD, or for one that this table does not have, knows the processor: its choice stands.
    /// - Parameters:
    ///   - name: what the library has taken.
    ///   - processor: the instructions that there are.
    ///   - userSetting: the value of ``setting``; whatever it is, it stands.
    /// - Returns: nil where they are to stay.
    package static func better(
        than name: String, on processor: VectorInstructions?, userSetting: String? = nil
    ) -> String? {
        guard userSetting == nil, let processor, let taken = instructions(of: name), taken < processor else {
            return nil
        }
        return switch processor {
        case .avx512: "SkylakeX"
        case .avx2: "Haswell"
        case .avx, .sse: nil
        }
    }

    /// What kernels are written for that may be poorer than the processor: those of Intel's processors, and the oldest
    /// of all makers, to which the library falls back on processors that it does not know.
    private static func instructions(of name: String) -> VectorInstructions? {
        // A library that is built for one processor alone writes capitals.
        switch name.lowercased() {
        case "generic", "unknown", "katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn",
            "dunnington", "nehalem", "athlon", "opteron", "opteron_sse3", "barcelona", "bobcat", "nano":
            .sse
        case "sandybridge": .avx
        case "haswell": .avx2
        default: nil
        }
    }
}

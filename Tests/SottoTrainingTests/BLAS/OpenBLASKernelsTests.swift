import SottoTraining
import Testing

/// Which kernels are asked for in place of those that the library has taken.
struct OpenBLASKernelsTests {
    @Test(arguments: ["Prescott", "PRESCOTT", "Core2", "Nehalem", "Penryn", "Barcelona", "Generic", "Unknown", "Atom"])
    func fallbacksAreReplaced(name: String) {
        #expect(OpenBLASKernels.better(than: name, on: .avx512) == "SkylakeX")
        #expect(OpenBLASKernels.better(than: name, on: .avx2) == "Haswell")
    }

    @Test func kernelsForLessThanTheProcessorHasAreReplaced() {
        #expect(OpenBLASKernels.better(than: "Sandybridge", on: .avx512) == "SkylakeX")
        #expect(OpenBLASKernels.better(than: "Sandybridge", on: .avx2) == "Haswell")
        #expect(OpenBLASKernels.better(than: "Haswell", on: .avx512) == "SkylakeX")
    }

    @Test(arguments: ["SkylakeX", "SKYLAKEX", "Cooperlake", "SapphireRapids"])
    func theBestKernelsStay(name: String) {
        for processor in VectorInstructions.allCases {
            #expect(OpenBLASKernels.better(than: name, on: processor) == nil)
        }
        #expect(OpenBLASKernels.better(than: "Haswell", on: .avx2) == nil)
    }

    /// A library that took them knows the processor.
    @Test(arguments: ["Zen", "Excavator", "Steamroller", "Piledriver", "Bulldozer", "GraniteRapids", "armv8", ""])
    func kernelsOfAMDAndUnknownOnesStay(name: String) {
        for processor in VectorInstructions.allCases {
            #expect(OpenBLASKernels.better(than: name, on: processor) == nil)
        }
    }

    @Test(arguments: ["Prescott", "Nehalem", "Haswell", "SkylakeX"])
    func olderProcessorsAreLeftAlone(name: String) {
        for processor in [nil, VectorInstructions.sse, .avx] {
            #expect(OpenBLASKernels.better(than: name, on: processor) == nil)
        }
    }

    @Test(arguments: ["Haswell", "Prescott", "nonsense", ""])
    func whatTheUserHasSetStands(setting: String) {
        for processor in VectorInstructions.allCases {
            #expect(OpenBLASKernels.better(than: "Prescott", on: processor, userSetting: setting) == nil)
        }
    }

    @Test func descriptionsSayWhoChose() {
        #expect(OpenBLASKernels(name: "Zen", origin: .library).description == "Zen kernels")
        #expect(
            OpenBLASKernels(name: "Zen", origin: .user).description == "Zen kernels (OPENBLAS_CORETYPE is set)")
        #expect(
            OpenBLASKernels(name: "SkylakeX", origin: .replacement(of: "Prescott")).description
                == "SkylakeX kernels in place of Prescott")
        #expect(OpenBLASKernels(name: "Zen", origin: .library).remedy == nil)
    }

    @Test func aRemedyNamesWhatToDo() throws {
        let loaded = try #require(
            OpenBLASKernels(name: "Prescott", insteadOf: "SkylakeX", because: .loadedBefore).remedy)
        #expect(loaded.contains("Prescott") && loaded.contains("OPENBLAS_CORETYPE=SkylakeX"))
        let lacking = try #require(
            OpenBLASKernels(name: "Haswell", insteadOf: "SkylakeX", because: .notInLibrary).remedy)
        #expect(lacking.contains("Haswell") && lacking.contains("install"))
    }
}

import Foundation
import TestSupport
import Testing

/// Who may know whom: the modules of the package, and the folders of the secure computation.
@Suite struct ImportRuleTests {
    private struct Module {
        let name: String
        /// Modules of this package, all of which stand above.
        let own: Set<String>
        /// Of other packages.
        let foreign: Set<String>
        let system: Set<String>

        init(_ name: String, _ own: String = "", foreign: String = "", system: String = "") {
            func names(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }
            self.name = name
            self.own = names(own)
            self.foreign = names(foreign)
            self.system = names(system)
        }
    }

    private static let modules = [
        Module("CSottoOpenSSL"), Module("CSottoGMP"), Module("CSottoOpenBLAS"), Module("CSottoRingKernels"),
        Module("CSottoFloatKernels"), Module("CSottoLatticeKernels"), Module("CSottoCipherKernels"),
        Module("CSottoLibraryLoader"),
        Module("SottoAlgebra", "CSottoRingKernels CSottoGMP", system: "Dispatch"),
        Module("SottoApproximation", system: "Foundation"),
        Module("SottoRandomness", "CSottoOpenSSL SottoAlgebra"),
        Module("SottoObliviousTransfer", "CSottoOpenSSL SottoAlgebra SottoRandomness"),
        Module("SottoFunctionSecretSharing", "CSottoCipherKernels SottoAlgebra SottoRandomness"),
        Module(
            "SottoLatticeEncryption", "CSottoLatticeKernels SottoAlgebra SottoRandomness",
            system: "Dispatch Synchronization"),
        Module(
            "SottoTransport", "CSottoRingKernels", foreign: "NIOCore NIOPosix DequeModule",
            system: "Foundation Synchronization Darwin Glibc"),
        Module(
            "SottoPreprocessing",
            "SottoAlgebra SottoRandomness SottoObliviousTransfer SottoLatticeEncryption SottoTransport",
            system: "Foundation Synchronization Darwin Glibc"),
        Module(
            "SottoSecureComputation",
            """
            CSottoRingKernels SottoAlgebra SottoApproximation SottoRandomness SottoObliviousTransfer \
            SottoFunctionSecretSharing SottoLatticeEncryption SottoTransport SottoPreprocessing
            """, system: "Foundation Synchronization"),
        Module("SottoJSON"),
        Module("SottoTokenization", "SottoJSON", system: "Foundation"),
        Module("SottoModel", "SottoApproximation SottoJSON SottoTokenization", system: "Foundation"),
        Module(
            "SottoPrivateTransformer",
            "SottoAlgebra SottoApproximation SottoPreprocessing SottoSecureComputation SottoTokenization SottoModel",
            system: "Foundation Synchronization"),
        Module(
            "SottoSessions",
            """
            SottoAlgebra SottoRandomness SottoTransport SottoPreprocessing SottoSecureComputation SottoTokenization \
            SottoModel SottoPrivateTransformer
            """, system: "Foundation Darwin Glibc"),
        Module("SottoReporting", system: "Foundation"),
        Module(
            "SottoCostModel",
            """
            SottoAlgebra SottoApproximation SottoRandomness SottoTransport SottoPreprocessing SottoSecureComputation \
            SottoModel SottoPrivateTransformer SottoReporting
            """, system: "Foundation Dispatch Synchronization"),
        Module(
            "SottoRuns",
            """
            CSottoRingKernels SottoAlgebra SottoRandomness SottoTransport SottoPreprocessing SottoSecureComputation \
            SottoTokenization SottoModel SottoPrivateTransformer SottoSessions SottoReporting SottoCostModel
            """, system: "Foundation Darwin"),
        Module("SottoAttentionEntropy", "SottoModel SottoReporting", system: "Foundation"),
        Module(
            "SottoTraining",
            """
            CSottoFloatKernels CSottoLibraryLoader CSottoOpenBLAS SottoJSON SottoTokenization SottoModel SottoReporting \
            SottoAttentionEntropy
            """,
            system: "Foundation Dispatch Darwin Glibc Musl"),
        Module(
            "Sotto",
            """
            SottoAlgebra SottoApproximation SottoRandomness SottoObliviousTransfer SottoFunctionSecretSharing \
            SottoLatticeEncryption SottoTransport SottoPreprocessing SottoSecureComputation SottoJSON SottoTokenization \
            SottoModel SottoPrivateTransformer SottoSessions SottoReporting SottoCostModel SottoRuns \
            SottoAttentionEntropy SottoTraining
            """),
        Module(
            "SottoCommand",
            """
            CSottoRingKernels SottoAlgebra SottoRandomness SottoTransport SottoPreprocessing SottoSecureComputation \
            SottoJSON SottoTokenization SottoModel SottoPrivateTransformer SottoSessions SottoReporting SottoCostModel \
            SottoRuns SottoAttentionEntropy SottoTraining
            """, foreign: "ArgumentParser Logging", system: "Foundation Dispatch Synchronization Darwin Glibc"),
    ]

    // MARK: Modules

    @Test func nothingImportsUpward() {
        var above: Set<String> = []
        for module in Self.modules {
            #expect(module.own.isSubset(of: above), "\(module.name)")
            above.insert(module.name)
        }
    }

    @Test func modulesImportWhatTheyMay() throws {
        for module in Self.modules {
            let imports = Set(try SourceFile.all(in: "Sources/\(module.name)").flatMap(\.imports).map(\.module))
            #expect(imports == module.own.union(module.foreign).union(module.system), "\(module.name)")
        }
    }

    @Test func theFoldersAreThoseOfTheTable() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: SourceFile.root.appendingPathComponent("Sources").path)
        #expect(Set(folders) == Set(Self.modules.map(\.name)))
    }

    /// `Package.swift` lets nobody have more.
    @Test func thePackageDeclaresTheSame() throws {
        let text = try String(
            contentsOf: SourceFile.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        var declared: [String: Set<String>] = [:]
        let starts = text.matches(of: /\.(target|executableTarget|systemLibrary|testTarget)\(\s*name: "(\w+)"/)
        for (index, start) in starts.enumerated() where start.output.1 != "testTarget" {
            let end = index + 1 < starts.count ? starts[index + 1].range.lowerBound : text.endIndex
            let target = text[start.range.upperBound..<end]
            let list = target.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.output.1 ?? ""
            let names = list.replacing(/, package: "[^"]*"/, with: "").matches(of: /"(\w+)"/)
            declared[String(start.output.2)] = Set(names.map { String($0.output.1) })
        }
        declared["TestSupport"] = nil
        let table = Self.modules.map { ($0.name, $0.own.union($0.foreign)) }
        #expect(declared == Dictionary(uniqueKeysWithValues: table))
    }

    /// What studies models alone can be built and read without the rest.
    @Test(arguments: ["SottoTraining", "SottoAttentionEntropy", "SottoModel", "SottoTokenization"])
    func modelsKnowNoNetworkAndNoCryptography(name: String) throws {
        var reached: Set = [name]
        for module in Self.modules.reversed() where reached.contains(module.name) {
            reached.formUnion(module.own)
            reached.formUnion(module.foreign)
        }
        let foreign: Set = [
            "CSottoOpenSSL", "CSottoGMP", "SottoRandomness", "SottoTransport", "NIOCore", "NIOPosix", "SottoAlgebra",
        ]
        #expect(reached.isDisjoint(with: foreign), "\(reached.intersection(foreign))")
    }

    /// The front door passes on all Swift modules above it but the generator of secrets; nobody else passes on anything.
    @Test func onlyTheFrontDoorReexports() throws {
        for module in Self.modules {
            let imports = try SourceFile.all(in: "Sources/\(module.name)").flatMap(\.imports)
            let isDoor = module.name == "Sotto"
            #expect(imports.allSatisfy { $0.isReexported == isDoor }, "\(module.name)")
        }
        let door = Self.modules.firstIndex { $0.name == "Sotto" }!
        let above = Self.modules[..<door].map(\.name).filter { $0.hasPrefix("Sotto") }
        #expect(Self.modules[door].own == Set(above))
    }

    // MARK: Folders

    private static let secure = "Sources/SottoSecureComputation"

    /// Whose types a folder of the secure computation does without.
    private static let foreignFolders: [(folder: String, others: [String])] = [
        ("State", ["Program", "Protocols", "Functions", "Targets", "Interpreters", "Examples"]),
        ("Program", ["Protocols", "Functions", "Targets", "Interpreters", "Examples"]),
        ("Protocols/Common", ["Protocols/OT", "Protocols/FSS", "Functions", "Targets", "Interpreters", "Examples"]),
        ("Protocols/OT", ["Protocols/FSS", "Functions", "Targets", "Interpreters", "Examples"]),
        ("Protocols/FSS", ["Functions", "Targets", "Interpreters", "Examples"]),
        ("Functions", ["Protocols", "Targets", "Interpreters", "Examples"]),
        ("Targets", ["Functions", "Interpreters", "Examples"]),
        ("Interpreters", ["Protocols", "Functions", "Targets", "Examples"]),
        ("Examples", ["Protocols/OT", "Protocols/FSS", "Targets", "Interpreters"]),
    ]

    @Test(arguments: foreignFolders.indices) func aFolderUsesWhatStandsAboveIt(index: Int) throws {
        let (folder, others) = Self.foreignFolders[index]
        let files = try SourceFile.all(in: "\(Self.secure)/\(folder)")
        let foreign = Set(
            try others.flatMap { try SourceFile.all(in: "\(Self.secure)/\($0)") }
                .flatMap { $0.types.map { Substring($0) } })
        #expect(!files.isEmpty && !foreign.isEmpty)
        for file in files {
            let used = file.words.intersection(foreign)
            #expect(used.isEmpty, "\(file) uses \(used.sorted())")
        }
    }

    @Test func everyFolderHasARule() throws {
        let files = try SourceFile.all(in: Self.secure).map { $0.path.dropFirst(Self.secure.count + 1) }
        for file in files {
            #expect(Self.foreignFolders.contains { file.hasPrefix($0.folder + "/") }, "\(file)")
        }
    }
}

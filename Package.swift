// swift-tools-version: 6.1
import PackageDescription

/// Tests whose work is done by the library, or by the program in a process of its own: without optimisation they compile in
/// half the time and run in the same.
let unoptimized: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

let package = Package(
    name: "sotto",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "sotto", targets: ["SottoCommand"]),
        .library(name: "Sotto", targets: ["Sotto"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    ],
    targets: [
        // Libraries of the system, and C where Swift cannot reach the hardware.
        .systemLibrary(
            name: "CSottoOpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CSottoGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"]), .brew(["gmp"])]),
        .systemLibrary(
            name: "CSottoOpenBLAS", pkgConfig: "openblas",
            providers: [.brew(["openblas"])]),
        .target(name: "CSottoRingKernels"),
        .target(name: "CSottoFloatKernels"),
        .target(name: "CSottoLatticeKernels"),
        .target(name: "CSottoCipherKernels"),
        .target(name: "CSottoLibraryLoader"),

        // The private side, from arithmetic to protocols.
        .target(name: "SottoAlgebra", dependencies: ["CSottoRingKernels", "CSottoGMP"]),
        .target(name: "SottoApproximation"),
        .target(name: "SottoRandomness", dependencies: ["SottoAlgebra", "CSottoOpenSSL"]),
        .target(
            name: "SottoObliviousTransfer", dependencies: ["SottoAlgebra", "SottoRandomness", "CSottoOpenSSL"]),
        .target(
            name: "SottoFunctionSecretSharing",
            dependencies: ["CSottoCipherKernels", "SottoAlgebra", "SottoRandomness"]),
        .target(
            name: "SottoLatticeEncryption",
            dependencies: ["CSottoLatticeKernels", "SottoAlgebra", "SottoRandomness"]),
        .target(
            name: "SottoTransport",
            dependencies: [
                "CSottoRingKernels",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(
            name: "SottoPreprocessing",
            dependencies: [
                "SottoAlgebra", "SottoRandomness", "SottoObliviousTransfer", "SottoLatticeEncryption", "SottoTransport",
            ]),
        .target(
            name: "SottoSecureComputation",
            dependencies: [
                "CSottoRingKernels", "SottoAlgebra", "SottoApproximation", "SottoRandomness", "SottoObliviousTransfer",
                "SottoFunctionSecretSharing", "SottoLatticeEncryption", "SottoTransport", "SottoPreprocessing",
            ]),

        // Models, in the clear and in private.
        .target(name: "SottoJSON"),
        .target(name: "SottoTokenization", dependencies: ["SottoJSON"]),
        .target(
            name: "SottoModel", dependencies: ["SottoApproximation", "SottoJSON", "SottoTokenization"],
            resources: [.copy("Models")]),
        .target(
            name: "SottoPrivateTransformer",
            dependencies: [
                "SottoAlgebra", "SottoApproximation", "SottoPreprocessing", "SottoSecureComputation",
                "SottoTokenization", "SottoModel",
            ]),
        .target(
            name: "SottoSessions",
            dependencies: [
                "SottoAlgebra", "SottoRandomness", "SottoTransport", "SottoPreprocessing", "SottoSecureComputation",
                "SottoTokenization", "SottoModel", "SottoPrivateTransformer",
            ]),

        // What it costs.
        .target(name: "SottoReporting"),
        .target(
            name: "SottoCostModel",
            dependencies: [
                "SottoAlgebra", "SottoApproximation", "SottoRandomness", "SottoTransport", "SottoPreprocessing",
                "SottoSecureComputation", "SottoModel", "SottoPrivateTransformer", "SottoReporting",
            ],
            resources: [.copy("Published")]),
        .target(
            name: "SottoRuns",
            dependencies: [
                "CSottoRingKernels", "SottoAlgebra", "SottoRandomness", "SottoTransport", "SottoPreprocessing",
                "SottoSecureComputation", "SottoTokenization", "SottoModel", "SottoPrivateTransformer", "SottoSessions",
                "SottoReporting", "SottoCostModel",
            ]),

        // Entropies and training, over models alone.
        .target(name: "SottoAttentionEntropy", dependencies: ["SottoModel", "SottoReporting"]),
        .target(
            name: "SottoTraining",
            dependencies: [
                "CSottoFloatKernels", "CSottoLibraryLoader", "SottoJSON", "SottoTokenization", "SottoModel",
                "SottoReporting", "SottoAttentionEntropy",
                // Loaded on Linux, linked on macOS.
                .byName(name: "CSottoOpenBLAS", condition: .when(platforms: [.macOS])),
            ]),

        // The front doors: for programs, and for the command line.
        .target(
            name: "Sotto",
            dependencies: [
                "SottoAlgebra", "SottoApproximation", "SottoRandomness", "SottoObliviousTransfer",
                "SottoFunctionSecretSharing", "SottoLatticeEncryption", "SottoTransport", "SottoPreprocessing",
                "SottoSecureComputation", "SottoJSON", "SottoTokenization", "SottoModel", "SottoPrivateTransformer",
                "SottoSessions", "SottoReporting", "SottoCostModel", "SottoRuns", "SottoAttentionEntropy",
                "SottoTraining",
            ]),
        .executableTarget(
            name: "SottoCommand",
            dependencies: [
                "CSottoRingKernels", "SottoAlgebra", "SottoRandomness", "SottoTransport", "SottoPreprocessing",
                "SottoSecureComputation", "SottoJSON", "SottoTokenization",
                "SottoModel", "SottoPrivateTransformer", "SottoSessions", "SottoReporting", "SottoCostModel",
                "SottoRuns", "SottoAttentionEntropy", "SottoTraining",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        // Tests, which mirror the sources.
        .target(
            name: "TestSupport",
            dependencies: [
                "SottoAlgebra", "CSottoGMP", "SottoRandomness", "SottoTransport", "SottoPreprocessing",
                "SottoSecureComputation", "SottoModel",
            ],
            path: "Tests/TestSupport",
            exclude: ["Reference"],
            resources: [.copy("Data")]),
        .testTarget(name: "SottoAlgebraTests", dependencies: ["SottoAlgebra", "TestSupport"]),
        .testTarget(name: "SottoApproximationTests", dependencies: ["SottoApproximation"]),
        .testTarget(name: "SottoRandomnessTests", dependencies: ["SottoRandomness", "TestSupport"]),
        .testTarget(name: "SottoObliviousTransferTests", dependencies: ["SottoObliviousTransfer", "TestSupport"]),
        .testTarget(
            name: "SottoFunctionSecretSharingTests",
            dependencies: ["SottoAlgebra", "SottoRandomness", "SottoFunctionSecretSharing"]),
        .testTarget(
            name: "SottoLatticeEncryptionTests",
            dependencies: ["SottoAlgebra", "SottoRandomness", "SottoLatticeEncryption", "TestSupport"]),
        .testTarget(
            name: "SottoTransportTests", dependencies: ["SottoTransport", "TestSupport"],
            resources: [.copy("Corpus")], swiftSettings: unoptimized),
        .testTarget(
            name: "SottoPreprocessingTests",
            dependencies: [
                "SottoApproximation", "SottoPreprocessing", "SottoObliviousTransfer", "SottoLatticeEncryption",
                "TestSupport",
            ], swiftSettings: unoptimized),
        .testTarget(
            name: "SottoSecureComputationTests",
            dependencies: ["SottoApproximation", "SottoSecureComputation", "SottoCostModel", "TestSupport"],
            swiftSettings: unoptimized),
        .testTarget(name: "SottoJSONTests", dependencies: ["SottoJSON"], swiftSettings: unoptimized),
        .testTarget(
            name: "SottoTokenizationTests", dependencies: ["SottoJSON", "SottoTokenization", "TestSupport"],
            exclude: ["Reference"], resources: [.copy("Data")], swiftSettings: unoptimized),
        .testTarget(
            name: "SottoModelTests",
            dependencies: ["SottoApproximation", "SottoJSON", "SottoTokenization", "SottoModel", "TestSupport"],
            resources: [.copy("Data")], swiftSettings: unoptimized),
        .testTarget(
            name: "SottoPrivateTransformerTests",
            dependencies: ["SottoApproximation", "SottoPrivateTransformer", "SottoCostModel", "TestSupport"]),
        .testTarget(
            name: "SottoSessionsTests", dependencies: ["SottoSessions", "SottoTokenization", "TestSupport"],
            resources: [.copy("Data")]),
        .testTarget(name: "SottoReportingTests", dependencies: ["SottoReporting"]),
        .testTarget(
            name: "SottoCostModelTests",
            dependencies: [
                "SottoApproximation", "SottoReporting", "SottoCostModel", "SottoPrivateTransformer", "SottoSessions",
                "TestSupport",
            ], swiftSettings: unoptimized),
        .testTarget(
            name: "SottoRunsTests",
            dependencies: [
                "SottoAlgebra", "SottoRandomness", "SottoTransport", "SottoPreprocessing", "SottoSecureComputation",
                "SottoTokenization", "SottoModel", "SottoPrivateTransformer", "SottoSessions", "SottoCostModel",
                "SottoRuns", "TestSupport",
            ]),
        .testTarget(
            name: "SottoAttentionEntropyTests",
            dependencies: ["SottoAttentionEntropy", "SottoReporting", "TestSupport"],
            exclude: ["Reference"],
            resources: [.copy("Data")], swiftSettings: unoptimized),
        .testTarget(
            name: "SottoTrainingTests",
            dependencies: [
                "CSottoFloatKernels", "CSottoLibraryLoader", "SottoRandomness", "SottoApproximation", "SottoModel",
                "SottoReporting", "SottoAttentionEntropy", "SottoTraining", "TestSupport",
            ],
            exclude: ["Reference"],
            resources: [.copy("Data")], swiftSettings: unoptimized),
        .testTarget(name: "SottoTests", dependencies: ["Sotto"], packageAccess: false),
        .testTarget(
            name: "SottoCommandTests",
            // The program is run; what its parser says of many lines is asked of its module.
            dependencies: [
                "SottoAlgebra", "SottoCommand", "SottoTokenization", "SottoModel", "SottoCostModel", "SottoSessions",
                "SottoSecureComputation", "SottoRandomness", "TestSupport",
            ], swiftSettings: unoptimized),
    ],
    swiftLanguageModes: [.v6]
)

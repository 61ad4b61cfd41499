// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "sotto",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "sotto", targets: ["sotto"]),
        .library(
            name: "Sotto",
            targets: [
                "Algebra", "Randomness", "Transport", "Preprocessing", "SecureComputation", "SottoModel",
                "SottoPrivateTransformer", "SottoSessions", "CostModel", "AttentionEntropy", "Training",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"]), .brew(["gmp"])]),
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
        .target(name: "CSottoRingKernels"),
        .target(name: "CSottoFloatKernels"),
        .target(name: "Algebra", dependencies: ["CSottoRingKernels", "CGMP"]),
        .target(name: "Randomness", dependencies: ["Algebra", "COpenSSL"]),
        .target(
            name: "Transport",
            dependencies: [
                "CSottoRingKernels",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(name: "Preprocessing", dependencies: ["Algebra", "Randomness", "Transport"]),
        .target(
            name: "SecureComputation",
            dependencies: ["Algebra", "Randomness", "Transport", "Preprocessing"]),
        .target(name: "SottoModel", resources: [.copy("Models")]),
        .target(
            name: "SottoPrivateTransformer",
            dependencies: ["Algebra", "Preprocessing", "SecureComputation", "SottoModel"]),
        .target(
            name: "SottoSessions",
            dependencies: [
                "Algebra", "Randomness", "Transport", "Preprocessing", "SecureComputation", "SottoModel",
                "SottoPrivateTransformer",
            ]),
        .target(
            name: "CostModel",
            dependencies: ["SecureComputation", "Transport", "SottoModel", "SottoPrivateTransformer"],
            resources: [.copy("Published")]),
        .target(name: "AttentionEntropy", dependencies: ["SottoModel"]),
        .target(
            name: "Training",
            dependencies: [
                "CSottoFloatKernels", "COpenBLAS", "SottoModel", "AttentionEntropy",
            ]),
        .executableTarget(
            name: "sotto",
            dependencies: [
                "CSottoRingKernels", "Algebra", "Randomness", "Transport", "Preprocessing", "SecureComputation",
                "SottoModel", "SottoPrivateTransformer", "SottoSessions", "CostModel", "AttentionEntropy", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "TestSupport",
            dependencies: [
                "Algebra", "CGMP", "Randomness", "Transport", "Preprocessing", "SecureComputation", "SottoModel",
            ],
            path: "Tests/TestSupport",
            exclude: ["Reference"],
            resources: [.copy("Data")]),
        .testTarget(name: "AlgebraTests", dependencies: ["Algebra", "TestSupport"]),
        .testTarget(name: "RandomnessTests", dependencies: ["Randomness", "TestSupport"]),
        .testTarget(
            name: "TransportTests", dependencies: ["Transport", "TestSupport"], resources: [.copy("Corpus")]),
        .testTarget(name: "PreprocessingTests", dependencies: ["Preprocessing", "TestSupport"]),
        .testTarget(
            name: "SecureComputationTests",
            dependencies: ["SecureComputation", "CostModel", "TestSupport"]),
        .testTarget(
            name: "SottoModelTests", dependencies: ["SottoModel", "TestSupport"], resources: [.copy("Data")]),
        .testTarget(
            name: "SottoPrivateTransformerTests",
            dependencies: ["SottoPrivateTransformer", "CostModel", "TestSupport"]),
        .testTarget(
            name: "SottoSessionsTests", dependencies: ["SottoSessions", "TestSupport"],
            resources: [.copy("Data")]),
        .testTarget(
            name: "CostModelTests",
            dependencies: ["CostModel", "SottoPrivateTransformer", "SottoSessions", "TestSupport"]),
        .testTarget(
            name: "AttentionEntropyTests", dependencies: ["AttentionEntropy", "TestSupport"],
            exclude: ["Reference"],
            resources: [.copy("Data")]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "CSottoFloatKernels", "Randomness", "SottoModel", "AttentionEntropy", "Training", "TestSupport",
            ],
            exclude: ["Reference"],
            resources: [.copy("Data")]),
        .testTarget(name: "SottoTests", dependencies: ["sotto", "SottoModel", "CostModel", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "sotto", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "CGMPIntegers", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"]), .brew(["gmp"])]),
        .target(
            name: "KernelWorkloads",
            dependencies: ["CGMPIntegers", .product(name: "Sotto", package: "sotto")]),
        .executableTarget(name: "Comparisons", dependencies: ["KernelWorkloads"]),
        .executableTarget(
            name: "Lattice", dependencies: [.product(name: "Sotto", package: "sotto")], path: "Lattice"),
        .executableTarget(
            name: "KernelBenchmarks",
            dependencies: ["KernelWorkloads", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/KernelBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ],
    swiftLanguageModes: [.v6]
)

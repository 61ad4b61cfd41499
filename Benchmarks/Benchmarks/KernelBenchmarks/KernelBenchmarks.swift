import Benchmark
import KernelWorkloads
import SottoAlgebra
import SottoTraining

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], maxDuration: .milliseconds(500), maxIterations: 1_000_000)

    for (m, k, n) in [(128, 768, 3072), (128, 768, 768), (1, 768, 3072), (128, 64, 128)] {
        var workload = MatrixWorkload(m: m, k: k, n: n)
        for kernel in workload.kernels {
            Benchmark("Ring product \(workload.name), \(kernel)") { benchmark in
                for _ in benchmark.scaledIterations { workload.multiplyRing(kernel) }
            }
        }
        Benchmark("sgemm \(workload.name)") { benchmark in
            let openBLAS = try OpenBLAS.load()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { workload.multiplySingle(by: openBLAS) }
        }
    }

    for bits in [127, 128, 256] {
        Benchmark("Products of 2^14 elements modulo a prime, \(bits) bits") { benchmark in
            let workload = try FieldWorkload(PrimeModulus(bits: bits), count: 1 << 14)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(workload.multiply()) }
        }
    }

    for byteCount in [64, 4096, 1 << 20, 64 << 20] {
        Benchmark("Generator, fill \(byteCount) bytes") { benchmark in
            var workload = try StreamWorkload(byteCount: byteCount)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { try workload.fillRandomly() }
        }
    }
    Benchmark("Generator, made and read once", configuration: .init(scalingFactor: .kilo)) { benchmark in
        var workload = try GeneratorWorkload()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try workload.makeOne()) }
    }

    for width in [1, 8, 30, 32, 46, 62, 64] {
        let workload = PackingWorkload(count: 1 << 17, width: width)
        Benchmark("Pack 2^17 elements, \(width) bits") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(workload.pack()) }
        }
        Benchmark("Unpack 2^17 elements, \(width) bits") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(try workload.unpack()) }
        }
        Benchmark("Bit planes of 2^17 elements, \(width) bits") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(workload.planes()) }
        }
    }
}

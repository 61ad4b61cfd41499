import KernelWorkloads
import SottoAlgebra
import SottoRuns
import SottoTraining

/// Matrix products in rings and fields, beside sgemm and beside each other.
enum MatrixComparisons {
    struct ProductsDiffer: Error {
        let prime: String
    }

    static func compareFields() throws {
        let primes = [
            ("2^127 - 1", try PrimeModulus()), ("2^128 - 159", try PrimeModulus("0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF61")),
            ("100 bits of no shape", try PrimeModulus("779484405476989733526435328999")),
            ("256 bits", try PrimeModulus(bits: 256)),
        ]
        for (name, prime) in primes {
            let workload = try FieldWorkload(prime, count: 1 << 14)
            guard workload.isConsistent() else { throw ProductsDiffer(prime: name) }
            let comparison = Comparison(
                repetitions: 10, { keep(workload.multiply()) }, { workload.multiplyIntegers() })
            report(
                "products modulo \(name), to mpz_mul and mpz_mod", comparison, amount: 1000 * Double(workload.count),
                unit: "M/s")
        }
        let (m, k, n) = (128, 768, 768)
        var ring = MatrixWorkload(m: m, k: k, n: n)
        for (name, prime) in primes {
            let workload = try FieldMatrixWorkload(prime, m: m, k: k, n: n)
            let fastest = RingKernel.fastest(.words, rows: m, depth: k)
            for kernel in Set([RingKernel.fastest(ring: 64), fastest]) {
                let comparison = Comparison(
                    repetitions: 1, { keep(workload.multiply()) }, { ring.multiplyRing(kernel) })
                report(
                    "product \(ring.name) modulo \(name), to the ring's by \(kernel)", comparison,
                    amount: ring.operations, unit: "Gop/s")
            }
        }
    }

    static func compareMatrixProducts() throws {
        let openBLAS = try OpenBLAS.load()
        print("sgemm is that of \(openBLAS)")
        for (m, k, n) in [(128, 768, 3072), (128, 768, 768), (128, 3072, 768), (128, 64, 128), (1, 768, 3072)] {
            var workload = MatrixWorkload(m: m, k: k, n: n)
            let repetitions = max(1, Int(1e8 / workload.operations))
            for kernel in workload.kernels {
                var other = workload
                let comparison = Comparison(
                    repetitions: repetitions, { workload.multiplyRing(kernel) }, { other.multiplySingle(by: openBLAS) })
                report(
                    "ring product \(workload.name), \(kernel), to sgemm", comparison, amount: workload.operations,
                    unit: "Gop/s")
            }
        }
    }

    /// Products of 46-bit shares with prepared weights: of 18 bits, of the standard bound's 27, and of the ring's 46.
    static func compareLimbs() throws {
        let openBLAS = try OpenBLAS.load()
        print("sgemm is that of \(openBLAS)")
        let cases: [(m: Int, k: Int, n: Int, bits: [Int?])] = [
            (128, 768, 3072, [17, 26, nil]), (128, 768, 768, [17]), (128, 3072, 768, [17]), (1, 768, 3072, [17]),
        ]
        for (m, k, n, bits) in cases {
            for bits in bits {
                var workload = MatrixWorkload(
                    m: m, k: k, n: n, widths: ProductWidths(ring: 46, rightMagnitudeBits: bits))
                let weights = bits.map { "weights up to 2^\($0)" } ?? "weights of the ring"
                for kernel in workload.kernels where kernel != .portable && kernel != .avx2 {
                    var other = workload
                    let comparison = Comparison(
                        repetitions: max(1, Int(2e8 / workload.operations)), { workload.multiplyPrepared(kernel) },
                        { other.multiplySingle(by: openBLAS) })
                    report(
                        "46-bit shares \(workload.name), prepared \(weights), \(kernel), to sgemm", comparison,
                        amount: workload.operations, unit: "Gop/s")
                }
            }
        }
    }

    /// Where kernels by limbs are as fast as those by words, and fields' as fast as products of elements; at last what `sotto
    /// calibrate` makes of it.
    static func compareThresholds() throws {
        for ring in [46, 64] {
            for (k, n) in [(768, 3072), (256, 1024), (64, 128), (1024, 64)] {
                for m in [1, 4, 8, 16, 32, 64, 128] { compareRows(m, k, n, ring: ring) }
            }
        }
        for (m, k, n) in [(1, 768, 768), (2, 768, 768), (4, 256, 256), (16, 256, 256), (16, 64, 128), (4, 16, 16)] {
            let workload = try FieldMatrixWorkload(PrimeModulus(), m: m, k: k, n: n)
            for kernel in FieldMatrixWorkload.kernels {
                let comparison = Comparison(
                    repetitions: max(1, 1_000_000 / (m * k * n)), { keep(workload.multiply(by: kernel)) },
                    { keep(workload.multiplyElements()) })
                report(
                    "[\(m), \(k)] x [\(k), \(n)] modulo 2^127 - 1, \(kernel), to products of elements", comparison,
                    amount: 2 * Double(m * k * n), unit: "Gop/s")
            }
        }
        print(try MeasuredCrossovers().table.rendered(as: .text))
    }

    /// Kernels by limbs, from words and from prepared operands, beside the fastest by words.
    private static func compareRows(_ m: Int, _ k: Int, _ n: Int, ring: Int) {
        var workload = MatrixWorkload(m: m, k: k, n: n, widths: ProductWidths(ring: ring))
        let words = RingKernel.fastest(ring: ring)
        let repetitions = max(1, Int(2e7 / workload.operations))
        for kernel in [RingKernel.vnni, .amx, words] where kernel.isAvailable {
            var other = workload
            for isPrepared in [false, true] where isPrepared || kernel != words {
                let comparison = Comparison(
                    repetitions: repetitions,
                    { isPrepared ? workload.multiplyPrepared(kernel) : workload.multiplyRing(kernel) },
                    { other.multiplyRing(words) })
                report(
                    "\(ring)-bit \(workload.name)\(isPrepared ? ", prepared" : ""), \(kernel), to \(words)",
                    comparison, amount: workload.operations, unit: "Gop/s")
            }
        }
    }
}

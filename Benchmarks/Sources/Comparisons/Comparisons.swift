import Foundation
import KernelWorkloads
import SottoAlgebra
import SottoObliviousTransfer
import SottoTraining

/// Prints, one line each, how long the kernels take beside something known: the median ratio of runs in turn, on one
/// core, with the rate of both. Arguments choose among matrices, generator, packing, fields and transfers.
@main
enum Comparisons {
    static func main() throws {
        print("median of \(Comparison.pairs) pairs, one thread, processor time")
        let chosen = Set(CommandLine.arguments.dropFirst())
        func isChosen(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }
        if isChosen("matrices") { try compareMatrixProducts() }
        if isChosen("generator") { try compareStreams() }
        if isChosen("packing") { try comparePacking() }
        if isChosen("fields") { try compareFields() }
        if isChosen("transfers") { try compareTransfers() }
    }

    private struct ProductsDiffer: Error {
        let prime: String
    }

    private static func compareFields() throws {
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
            let comparison = Comparison(
                repetitions: 1, { keep(workload.multiply()) }, { ring.multiplyRing(.fastest(ring: 64)) })
            report(
                "product \(ring.name) modulo \(name), to the ring's", comparison, amount: ring.operations, unit: "Gop/s"
            )
        }
    }

    private static func compareMatrixProducts() throws {
        let openBLAS = try OpenBLAS.load()
        print("sgemm is that of \(openBLAS)")
        for (m, k, n) in [(128, 768, 3072), (128, 768, 768), (128, 3072, 768), (128, 64, 128), (1, 768, 3072)] {
            var workload = MatrixWorkload(m: m, k: k, n: n)
            let repetitions = max(1, Int(1e8 / workload.operations))
            for kernel in RingKernel.allCases where kernel.isAvailable && kernel.isExact(ring: 64) {
                var other = workload
                let comparison = Comparison(
                    repetitions: repetitions, { workload.multiplyRing(kernel) }, { other.multiplySingle(by: openBLAS) })
                report(
                    "ring product \(workload.name), \(kernel), to sgemm", comparison, amount: workload.operations,
                    unit: "Gop/s")
            }
        }
    }

    /// Correlated OTs, each end beside the AES that it cannot do without.
    private static func compareTransfers() throws {
        var workloads = try [1, 2, 4, 8].map { try TransferWorkload(softSpokenDepth: $0, count: 1 << 18) }
        for (name, parameters) in [
            ("b10", FerretParameters.b10), ("b11", .b11), ("b12", .b12), ("b13", .b13),
        ] { workloads.append(try TransferWorkload(silent: parameters, name: name)) }
        for workload in workloads {
            let bytes = Int(16 * workload.blocksPerTransfer * Double(workload.count))
            var stream = try StreamWorkload(byteCount: 1 << 20)
            func encrypt() throws { for _ in 0..<bytes >> 20 { try stream.fillRandomly() } }
            for (end, run) in [("sender", workload.runSender), ("receiver", workload.runReceiver)] {
                let comparison = try Comparison(repetitions: 1, run, encrypt)
                report(
                    "\(workload.name), \(end), to its AES", comparison, amount: 1000 * Double(workload.count),
                    unit: "M/s")
            }
        }
    }

    private static func compareStreams() throws {
        for byteCount in [4096, 1 << 20, 64 << 20] {
            var stream = try StreamWorkload(byteCount: byteCount)
            var constant = stream
            let comparison = try Comparison(
                repetitions: max(1, (8 << 20) / byteCount), { try stream.fillRandomly() },
                { constant.fillConstantly() })
            report(
                "generator filling \(byteCount) bytes, to memset", comparison, amount: Double(byteCount), unit: "GB/s")
        }
        var workload = try GeneratorWorkload()
        var block = try StreamWorkload(byteCount: 16)
        let comparison = try Comparison(
            repetitions: 10_000, { _ = try workload.makeOne() }, { try block.fillRandomly() })
        report("generator made and read once, to a block of an old one", comparison, amount: 1000, unit: "M/s")
    }

    private static func comparePacking() throws {
        let count = 1 << 17
        for width in [1, 8, 30, 32, 46, 62, 64] {
            let workload = PackingWorkload(count: count, width: width)
            let packing = Comparison(repetitions: 10, { keep(workload.pack()) }, { keep(workload.copy()) })
            reportElements("packing to \(width) bits", packing, count)
            let unpacking = try Comparison(
                repetitions: 10, { keep(try workload.unpack()) }, { keep(workload.copy()) })
            reportElements("unpacking from \(width) bits", unpacking, count)
            let planes = Comparison(repetitions: 10, { keep(workload.planes()) }, { keep(workload.copy()) })
            reportElements("\(width) bit planes", planes, count)
        }
    }

    private static func reportElements(_ name: String, _ comparison: Comparison, _ count: Int) {
        report("\(name), to memcpy of the elements", comparison, amount: Double(count), unit: "G elements/s")
    }

    /// Keeps the compiler from leaving out what made the value.
    @inline(never)
    private static func keep<Value>(_ value: Value) {}

    private static func report(_ name: String, _ comparison: Comparison, amount: Double, unit: String) {
        let rates = [comparison.first, comparison.second].map { String(format: "%.2f", amount / $0 * 1e-9) }
        let times = [comparison.first, comparison.second].map { String(format: "%.4g", $0 * 1e6) }
        let ratio = String(format: "%.2f", comparison.ratio)
        print("\(name): \(ratio) (\(times[0]) us to \(times[1]) us, \(rates[0]) \(unit) to \(rates[1]) \(unit))")
    }
}

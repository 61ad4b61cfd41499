import Foundation
import KernelWorkloads
import SottoAlgebra
import SottoFunctionSecretSharing
import SottoObliviousTransfer

/// Prints, one line each, how long the kernels take beside something known: the median ratio of runs in turn, on one
/// core, with the rate of both. Arguments choose among matrices, limbs, thresholds, generator, packing, fields,
/// transfers and gates.
@main
enum Comparisons {
    static func main() throws {
        print("median of \(Comparison.pairs) pairs, one thread, processor time; \(Processor.description)")
        let chosen = Set(CommandLine.arguments.dropFirst())
        func isChosen(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }
        if isChosen("matrices") { try MatrixComparisons.compareMatrixProducts() }
        if isChosen("limbs") { try MatrixComparisons.compareLimbs() }
        if isChosen("thresholds") { try MatrixComparisons.compareThresholds() }
        if isChosen("generator") { try compareStreams() }
        if isChosen("packing") { try comparePacking() }
        if isChosen("fields") { try MatrixComparisons.compareFields() }
        if isChosen("transfers") { try compareTransfers() }
        if isChosen("gates") { try compareGates() }
    }

    /// Gates of function secret sharing, as many blocks of OpenSSL's AES as they take the time of.
    private static func compareGates() throws {
        let count = 1 << 13
        for kernel in TreeHash.Kernel.allCases where kernel.isAvailable {
            for workload in [
                try GateWorkload.gelu(count: count, kernel: kernel), try .rectifier(count: count, kernel: kernel),
                try .thresholds(1, width: 16, count: count, kernel: kernel),
                try .thresholds(15, width: 16, count: count, kernel: kernel),
            ] {
                var stream = try StreamWorkload(byteCount: 16 * count)
                func say(_ end: String, _ comparison: Comparison) {
                    report(
                        "gate, \(workload.name), \(workload.keyBytes) B a key, \(kernel), \(end), to a block of AES",
                        comparison, amount: 1000 * Double(count), unit: "M/s")
                }
                say("dealing", try Comparison(repetitions: 1, workload.deal, { try stream.fillRandomly() }))
                say("evaluating", try Comparison(repetitions: 1, workload.evaluate, { try stream.fillRandomly() }))
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
}

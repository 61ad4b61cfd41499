import Foundation
import SottoModel
import SottoTraining
import TestSupport
import Testing

/// A checkpoint that is not as a run wrote it is refused, whatever was done to it.
struct CheckpointTests {
    private let output: TextDirectory
    private let whole: Data

    init() throws {
        output = try TextDirectory()
        try Self.train(into: output, stopAfter: 3)
        whole = try output.bytes("checkpoint.safetensors")
    }

    @discardableResult
    private static func train(into output: TextDirectory, stopAfter: Int? = nil) throws -> TrainingRun.Outcome {
        var settings = TrainingSettings()
        (settings.steps, settings.batch, settings.learningRate) = (6, 2, 1e-2)
        settings.normalization = WeightNormalization(.spectral, of: [.query])
        var options = TrainingRun.Options()
        options.stopAfter = stopAfter
        let text = try TextDirectory(["abc.py": TextDirectory.babble(900)])
        let architecture = try Architecture(
            notation: .init("SM+ScFuFFN"), layers: 2, heads: 2, width: 4, feedForwardWidth: 8, context: 8,
            vocabulary: 256)
        return try TrainingRun(
            architecture: architecture, settings: settings, corpus: text.corpus(), directory: output.url,
            digest: .openSSL, openBLAS: .load(), options: options
        ).run()
    }

    private func read(_ data: Data) throws -> ModelWeights {
        try data.write(to: output.file("checkpoint.safetensors"))
        return try TrainedWeights(directory: output.url, digest: .openSSL).weights
    }

    /// Every bit of the header's length and many of the rest, one at a time.
    @Test func everyFlippedBitIsFound() throws {
        _ = try read(whole)
        let header = whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        var generator = SeededGenerator(3)
        var flips = (0..<64).map { ($0 / 8, $0 % 8) }
        flips += (0..<1500).map { _ in
            (Int.random(in: 8..<8 + header, using: &generator), Int.random(in: 0..<8, using: &generator))
        }
        flips += (0..<1500).map { _ in
            (Int.random(in: 8 + header..<whole.count, using: &generator), Int.random(in: 0..<8, using: &generator))
        }
        for (byte, bit) in flips {
            var damaged = whole
            damaged[byte] ^= 1 << UInt8(bit)
            #expect(throws: RunFileError.self, "bit \(bit) of byte \(byte)") { try read(damaged) }
        }
        // Nor does a run go on from one.
        var damaged = whole
        damaged[whole.count - 5] ^= 0x10
        try damaged.write(to: output.file("checkpoint.safetensors"))
        let error = #expect(throws: RunFileError.self) { try Self.train(into: output) }
        #expect(error?.description.contains("its checksum does not fit its contents") == true)
        // Whole again, it does.
        try whole.write(to: output.file("checkpoint.safetensors"))
        guard case .finished = try Self.train(into: output) else {
            Issue.record("the run did not go on")
            return
        }
    }

    /// A tensor of the checkpoint changed, with the checksum that fits.
    private func altered(_ name: String, _ change: (inout [Float]) -> Void) throws -> Data {
        let file = try SafeTensors(data: whole)
        let tensors = try file.entries.map { entry in
            var values = try file.tensor(named: entry.name).values
            if entry.name == name { change(&values) }
            return (entry.name, WeightTensor(shape: entry.shape, values: values))
        }
        return try Checkpoint.Seal.sealed(SafeTensors.encode(tensors, metadata: file.metadata), .openSSL)
    }

    @Test func impossibleNumbersAreRefusedThoughTheChecksumFits() throws {
        let names = try SafeTensors(data: whole).entries.map(\.name)
        #expect(try read(altered("none") { _ in }).tensors.isEmpty == false)
        for name in names {
            for number in [Float.nan, .infinity, -.infinity] {
                let data = try altered(name) { $0[$0.count - 1] = number }
                #expect(throws: TrainingError.self, "\(number) in \(name)") { try read(data) }
            }
        }
        var cases = names.filter { $0.hasPrefix("second_moment.") }.map { ($0, Float(-1e-9)) }
        #expect(cases.count > 10)
        cases += [("collapsed_at", -1), ("collapsed_at", 0.5), ("collapsed_at", 4), ("last_entropy", -1)]
        for (name, number) in cases {
            let data = try altered(name) { $0[0] = number }
            #expect(throws: TrainingError.self, "\(number) in \(name)") { try read(data) }
        }
        #expect("\(TrainingError.impossibleState(tensor: "a", reason: "b"))".contains("--restart"))
    }

    @Test func impossibleMetadataAreRefusedThoughTheChecksumFits() throws {
        let file = try SafeTensors(data: whole)
        let run = try #require(file.metadata["run"])
        let tensors = try file.entries.map { ($0.name, try file.tensor(named: $0.name)) }
        for (pattern, new) in [
            (/"step":3/, "\"step\":0"), (/"step":3/, "\"step\":7"), (/"step":3/, "\"step\":1e99"),
            (/"log.csv":/, "\"log.csv\":-"), (/"seconds":/, "\"seconds\":-"), (/"lastStep":/, "\"other\":"),
            (/"width":4/, "\"width\":8192"), (/"context":8/, "\"context\":65536"), (/"steps":6/, "\"steps\":2"),
            (/"steps":6/, "\"steps\":-6"),
            (/"heads":2/, "\"heads\":1"), (/"batch":2/, "\"batch\":\"2\""), (/"logInterval":1/, "\"logInterval\":0"),
        ] as [(Regex<Substring>, String)] {
            let changed = run.replacing(pattern, with: new)
            #expect(changed != run, "\(new)")
            var metadata = file.metadata
            metadata["run"] = changed
            let data = try Checkpoint.Seal.sealed(SafeTensors.encode(tensors, metadata: metadata), .openSSL)
            #expect(throws: (any Error).self, "\(new)") { try read(data) }
        }
    }

    /// Damage of every kind, half of it with a checksum that fits: refused or read, never a trap.
    @Test func damagedCheckpointsNeverTrap() throws {
        let file = try SafeTensors(data: whole)
        let tensors = try file.entries.map { ($0.name, try file.tensor(named: $0.name)) }
        let run = Array(try #require(file.metadata["run"]).utf8)
        var mutator = Mutator(seed: Fuzzing.seed(11))
        for _ in 0..<400 * Fuzzing.factor {
            let damaged = mutator.mutate([UInt8](whole))
            if damaged != [UInt8](whole) {
                #expect(throws: (any Error).self) { try read(Data(damaged)) }
                _ = try? read(Checkpoint.Seal.sealed(Data(damaged), .openSSL))
            }
            var metadata = file.metadata
            metadata["run"] = String(decoding: mutator.mutate(run), as: UTF8.self)
            _ = try? read(Checkpoint.Seal.sealed(SafeTensors.encode(tensors, metadata: metadata), .openSSL))
        }
    }
}

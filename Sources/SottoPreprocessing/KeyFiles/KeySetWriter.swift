import Foundation
import SottoAlgebra
import SottoRandomness
import SottoTransport

/// A run that keys are dealt for ahead.
public struct DealtAheadRun {
    /// What it is of, for errors.
    let name: String
    let program: DealerProgram

    public init(name: String, program: DealerProgram) {
        self.name = name
        self.program = program
    }
}

/// Deals ahead: the dealer's side of a number of runs, to a file for either party.
///
/// - Complexity: Memory of one run's plan and one correlation.
public struct KeySetWriter<Domain: ShareDomain>: Sendable {
    private let domain: Domain
    private let target: String
    private let threads: Int

    /// - Parameter target: what the programs are written for, as it describes itself.
    public init(domain: Domain, target: String, threads: Int = 1) {
        self.domain = domain
        self.target = target
        self.threads = threads
    }

    /// The name of a party's file.
    public static func fileName(of party: Party) -> String { "\(party.name).keys" }

    /// Writes both files; where that fails, there are none.
    /// - Parameters:
    ///   - directory: made if it is not there.
    ///   - runs: how many, 1 to 65536.
    ///   - progress: called with the part of the work that is done, 0 to 1.
    ///   - run: makes a run by its number; all must have the same weights.
    /// - Returns: bytes of the files.
    /// - Throws: ``KeyFileError``, and what `run` throws.
    public func write(
        to directory: URL, runs: Int, seeds: some SeedSource, progress: ((Double) -> Void)? = nil,
        run: (Int) throws -> DealtAheadRun
    ) throws -> ByParty<Int> {
        guard (1...KeyFileLayout.runLimit).contains(runs) else {
            throw KeyFileError.notDealable("a set has 1 to \(KeyFileLayout.runLimit) runs")
        }
        guard target.utf8.count <= KeyFileLayout.targetLimit else {
            throw KeyFileError.notDealable("the target's description is too long")
        }
        try KeyDescriptor.makeDirectory(directory.path)
        var made: [String] = []
        do {
            var files: [KeyDescriptor] = []
            for party in Party.allCases {
                let name = Self.fileName(of: party)
                let path = directory.appendingPathComponent(name).path
                files.append(try KeyDescriptor(creating: path, name: name))
                made.append(path)
            }
            var set = try KeySet(ByParty(server: files[0], client: files[1]), runs: runs, seeds: seeds)
            for number in 0..<runs {
                try set.deal(run(number), number, domain, threads: threads) { part in
                    progress?((Double(number) + part) / Double(runs))
                }
            }
            let lengths = try set.finish(target: target)
            try KeyDescriptor.synchronize(directory: directory.path)
            return lengths
        } catch {
            for path in made { KeyDescriptor.remove(path) }
            throw error
        }
    }
}

/// Both files of a set while they are written.
private struct KeySet<Seeds: SeedSource> {
    private let files: ByParty<KeyDescriptor>
    private let runs: Int
    private let set: [UInt8]
    private var seeds: Seeds
    private let weightSeed: Seed
    private var ends: ByParty<Int>
    private var weights: [UInt8]?

    init(_ files: ByParty<KeyDescriptor>, runs: Int, seeds: Seeds) throws {
        self.files = files
        self.runs = runs
        self.seeds = seeds
        set = try SystemEntropy.bytes(16)
        weightSeed = try self.seeds.nextSeed()
        ends = .both(KeyFileLayout.firstRun(of: runs))
    }

    mutating func deal<Domain: ShareDomain>(
        _ run: DealtAheadRun, _ number: Int, _ domain: Domain, threads: Int, progress: (Double) -> Void
    ) throws {
        let plan = run.program.plan
        let layout = try KeyFile.digest(of: plan.weights)
        guard layout == weights ?? layout else { throw KeyFileError.notDealable("its runs have different weights") }
        weights = layout
        let own = ByParty(server: try seeds.nextSeed(), client: try seeds.nextSeed())
        let starts = ends
        let engine = DealerEngine(
            domain: domain, plan: plan, seeds: own, weightMasks: WeightMasks(domain: domain, seed: weightSeed),
            threads: threads)
        for (place, index) in plan.streamOrder.enumerated() {
            progress(Double(place) / Double(plan.streamOrder.count))
            guard let corrections = try engine.corrections(index), !corrections.isEmpty else { continue }
            let header = KeyFileRecord.header(index: index, corrections)
            for party in Party.allCases where plan.correlations[index].corrected.includes(party) {
                try files[party].write(header, at: ends[party])
                try files[party].write(corrections, at: ends[party] + header.count)
                ends[party] += header.count + corrections.count
            }
        }
        for party in Party.allCases {
            let entry = KeyFilePlace(
                index: number, range: starts[party]..<ends[party], fingerprint: run.program.fingerprint, name: run.name)
            try files[party].write(entry.bytes, at: KeyFileLayout.place(number))
            try files[party].write(
                KeyFileSeed.bytes(own[party], run: number), at: KeyFileLayout.seed(number, of: runs))
            // The next run's blocks are its own, so that erasing one touches no other.
            ends[party] = KeyFileLayout.roundedUp(ends[party])
        }
    }

    /// The headers come last: a file without one is none.
    mutating func finish(target: String) throws -> ByParty<Int> {
        for party in Party.allCases {
            for copy in 0..<2 {
                try files[party].write(KeyFileState().bytes(of: set), at: KeyFileLayout.state(copy))
            }
            try files[party].setLength(ends[party])
            try files[party].synchronize()
            let header = KeyFileHeader(
                party: party, set: set, runs: runs, length: ends[party], weights: weights ?? [], target: target)
            try files[party].write(header.bytes(weightSeed: party == .server ? weightSeed : nil), at: 0)
            try files[party].synchronize()
        }
        return ends
    }
}

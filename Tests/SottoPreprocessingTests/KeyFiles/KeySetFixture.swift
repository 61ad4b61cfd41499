import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoTransport
import TestSupport

/// A set of keys in a directory of its own, for runs of one plan, and sessions with its files.
final class KeySetFixture: Sendable {
    let directory: URL
    let lengths: ByParty<Int>
    static let domain = Ring64()
    static let target = "the target"
    static let fingerprint = String(repeating: "ab", count: 32)
    static let plan = CorrelationExamples.plan(count: 9, width: 17)

    /// Of other weights.
    static let otherPlan = CorrelationPlan(
        correlations: plan.correlations, weights: plan.weights + [WeightDeclaration(name: "more", shape: [3], width: 9)]
    )

    init(runs: Int = 3, seed: UInt64 = 7, plan: CorrelationPlan = plan) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("sotto-keys-\(UUID().uuidString)")
        lengths = try Self.writer.write(to: directory, runs: runs, seeds: InsecureSeededSource(seed)) { number in
            DealtAheadRun(name: "run \(number)", program: DealerProgram(fingerprint: Self.fingerprint, plan: plan))
        }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    static var writer: KeySetWriter<Ring64> { KeySetWriter(domain: domain, target: target) }

    func url(_ party: Party) -> URL {
        directory.appendingPathComponent(KeySetWriter<Ring64>.fileName(of: party))
    }

    /// The thread of a party that has ended can hold its file for a moment.
    func open(_ party: Party) throws -> KeyFile {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try KeyFile(path: url(party).path)
            } catch KeyFileError.inUse where ContinuousClock.now < deadline {
                Thread.sleep(forTimeInterval: 0.001)
            }
        }
    }

    func bytes(_ party: Party) throws -> [UInt8] { Array(try Data(contentsOf: url(party))) }

    /// Puts bytes in a file's place, as a restored copy would be.
    func replace(_ party: Party, _ bytes: [UInt8]) throws {
        let handle = try FileHandle(forWritingTo: url(party))
        defer { try? handle.close() }
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(bytes))
    }

    /// What a party does in a session.
    struct Plot: Sendable {
        var runs = 1
        /// Whether every correlation of a run is taken, and the run ended.
        var isFinished = true
        var fingerprint = KeySetFixture.fingerprint
        var plan = KeySetFixture.plan
        var weightSeed: UInt64 = 3
    }

    /// What a party saw: every correlation of every run, as text, and bytes from the file.
    struct Seen: Sendable {
        var setup = SetupRecord()
        var runs: [[String]] = []
        var received: [Int] = []
    }

    /// A party's side of a session.
    static func side(
        _ party: Party, _ keys: KeyFile, _ channel: any Channel, _ plot: Plot = Plot()
    ) throws -> Seen {
        do {
            return try play(party, keys, channel, plot)
        } catch {
            channel.abort(reason: "\(error)")
            throw error
        }
    }

    private static func play(_ party: Party, _ keys: KeyFile, _ channel: any Channel, _ plot: Plot) throws -> Seen {
        let session = PreprocessingSession(
            domain: domain, party: party, name: "s", threads: 1, pulse: Pulse(), keys: keys,
            dealer: { throw TransportError.invalidAddress("no dealer") })
        let preprocessing = try DealerMethod().party(session)
        defer { preprocessing.close() }
        let plan = plot.plan
        let values = try CorrelationExamples.weights(plan, domain, seed: plot.weightSeed)
        var seen = Seen()
        seen.setup = try preprocessing.setUp(
            plan, inferences: 1,
            weights: { name in
                values[plan.weights.firstIndex { $0.name == name }!].map { Int64(bitPattern: $0) }
            }, over: channel)
        for _ in 0..<plot.runs {
            let source = try preprocessing.begin(
                PreprocessedRun(plan: plan, description: "", fingerprint: plot.fingerprint, name: "what is wanted"),
                over: channel)
            guard plot.isFinished else { continue }
            seen.runs.append(try plan.streamOrder.map { "\(try source.take($0))" })
            seen.received.append(source.receivedBytes.values.reduce(0, +))
            try preprocessing.end()
        }
        return seen
    }

    /// A session of both parties, each with its file, or these.
    func session(
        server: KeyFile? = nil, client: KeyFile? = nil, _ plot: Plot = Plot()
    ) throws -> ByParty<Result<Seen, any Error>> {
        let files = ByParty(server: try server ?? open(.server), client: try client ?? open(.client))
        let channels = InMemoryChannel.pair(timeout: .seconds(20))
        let other = Background { try Self.side(.client, files.client, channels.1, plot) }
        let own = Result { try Self.side(.server, files.server, channels.0, plot) }
        return ByParty(server: own, client: Result { try other.result() })
    }

    /// A session in which nothing fails.
    func use(_ plot: Plot = Plot()) throws -> ByParty<Seen> { try session(plot).map { try $0.get() } }
}

/// Where what stands in a key file, as its format says.
enum KeyFilePlaces {
    static let states = [4096, 8192]
    static func place(_ run: Int) -> Int { 12288 + 256 * run }
    static func seed(_ run: Int, of runs: Int) -> Int { place(runs) + 32 * run }
    static func firstRun(of runs: Int) -> Int { (seed(runs, of: runs) + 4095) / 4096 * 4096 }

    /// The file with the checksum of a changed part set right.
    static func sealed(_ bytes: [UInt8], _ start: Int, _ count: Int) -> [UInt8] {
        var bytes = bytes
        let checksum = Checksum.of(Array(bytes[start..<start + count - 4]))
        for byte in 0..<4 { bytes[start + count - 4 + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * byte)) }
        return bytes
    }
}

extension [UInt8] {
    /// With the bits of `mask` flipped at a place.
    func flipped(_ place: Int, _ mask: UInt8 = 1) -> [UInt8] {
        var bytes = self
        bytes[place] ^= mask
        return bytes
    }
}

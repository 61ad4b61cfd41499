import SottoAlgebra
import SottoRandomness
import SottoTransport
import Synchronization

/// A party's keys that were dealt ahead, held by this process for as long as the value lives.
///
/// A run's keys are given out once: before they are, the file's state on the disk is beyond the run, in two copies, and the
/// run's seed, without which its corrections are worth nothing, is overwritten there. Whoever crashes in between has lost
/// the run's keys. A copy of the whole file knows nothing of that: nobody can tell that it was used.
public final class KeyFile: Sendable {
    private struct Inner: ~Copyable {
        var state: KeyFileState
        var isClaimed = false
        /// A write failed, after which nobody knows what the disk has.
        var isBroken = false
    }

    private let file: KeyDescriptor
    private let header: KeyFileHeader
    private let weightSeed: Seed?
    private let inner: Mutex<Inner>

    /// Opens and locks the file.
    /// - Throws: ``KeyFileError``.
    public init(path: String) throws {
        file = try KeyDescriptor(locking: path)
        let length = try file.length()
        guard length >= KeyFileLayout.block else { throw KeyFileError.notAKeyFile }
        var bytes = try file.read(KeyFileLayout.block, at: 0, part: "its header")
        let (header, seed) = try KeyFileHeader.read(&bytes)
        guard length == header.length, length >= KeyFileLayout.firstRun(of: header.runs) else {
            throw KeyFileError.wrongLength(expected: header.length, actual: length)
        }
        var state = try KeyFileState.read(file, header)
        // A state is never before the seeds' end; this holds where a copy of it was damaged as well.
        while state.cursor < header.runs, try KeyFileSeed.read(state.cursor, file, header) == nil { state.cursor += 1 }
        self.header = header
        weightSeed = seed
        inner = Mutex(Inner(state: state))
        // What a process left that ended between use and erasing.
        try eraseUsed()
    }

    /// The set that the file is a party's half of, in 32 hexadecimal digits; public.
    public var set: String { Fingerprint.text(header.set) }
    public var party: Party { header.party }
    /// What programs the runs are written for, as it describes itself.
    public var target: String { header.target }
    public var runs: Int { header.runs }
    /// The number of the run that comes next.
    public var cursor: Int { inner.withLock { $0.state.cursor } }

    /// - Throws: ``KeyFileError`` unless the file is this party's, for this target.
    public func check(_ party: Party, target: String) throws(KeyFileError) {
        guard party == self.party else { throw .otherParty(file: self.party.name, party: party.name) }
        guard target == self.target else { throw .otherTarget(file: self.target, session: target) }
    }

    // MARK: For a session

    /// Takes the file for one session.
    func claim() throws(KeyFileError) {
        let isFree = inner.withLock { inner in
            defer { inner.isClaimed = true }
            return !inner.isClaimed
        }
        guard isFree else { throw .inUse }
    }

    func release() { inner.withLock { $0.isClaimed = false } }

    /// The seed of the weights' masks, at the server. They may hide the weights that the file is bound to, and no other.
    func weightMaskSeed() throws(KeyFileError) -> Seed {
        guard let weightSeed else { throw .otherParty(file: party.name, party: Party.server.name) }
        return weightSeed
    }

    /// The tag of the weights that the masks have hidden, once they have.
    var maskedWeights: [UInt8]? { inner.withLock { $0.state.weights } }

    /// Says, on the disk, that the masks hide these weights.
    /// - Throws: ``KeyFileError/otherWeights`` where they have hidden others.
    func bind(weights tag: [UInt8]) throws(KeyFileError) {
        try update { state throws(KeyFileError) in
            if let known = state.weights, known != tag { throw .otherWeights }
            state.weights = tag
        }
    }

    /// - Throws: ``KeyFileError/otherModel`` for weights that the keys were not dealt for.
    func check(_ weights: [WeightDeclaration]) throws {
        guard try Self.digest(of: weights) == header.weights else { throw KeyFileError.otherModel }
    }

    static func digest(of weights: [WeightDeclaration]) throws -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(weights)
        return try Digest.sha256(encoder.bytes)
    }

    /// Gives up the runs before `run`.
    func skip(to run: Int) throws(KeyFileError) {
        try update { $0.cursor = max($0.cursor, min(run, header.runs)) }
    }

    /// The keys of the next run, which from here on is used, also on the disk.
    /// - Throws: ``KeyFileError``; the run is used up only if its keys are given.
    func next(_ run: PreprocessedRun) throws -> (seed: Seed, place: KeyFilePlace) {
        let number = cursor
        guard number < header.runs else { throw KeyFileError.usedUp(runs: header.runs) }
        let place = try KeyFilePlace(reading: number, file, header)
        guard place.fingerprint == run.fingerprint else {
            throw KeyFileError.otherRun(number: number, holds: place.name, wanted: run.name)
        }
        guard let seed = try KeyFileSeed.read(number, file, header) else {
            throw KeyFileError.damaged(part: "the seed of run \(number)")
        }
        try update { state throws(KeyFileError) in
            // Nobody else has used it meanwhile.
            guard state.cursor == number else { throw .inUse }
            state.cursor = number + 1
        }
        return (seed, place)
    }

    /// Overwrites the corrections of runs that are used or given up, with zeros.
    func eraseUsed() throws(KeyFileError) {
        let state = inner.withLock { $0.state }
        guard state.erased < state.cursor else { return }
        for run in state.erased..<state.cursor {
            try file.erase(KeyFilePlace(reading: run, file, header).range)
        }
        try update { $0.erased = max($0.erased, state.cursor) }
    }

    func corrections(at offset: Int, count: Int, run: Int) throws(KeyFileError) -> [UInt8] {
        try file.read(count, at: offset, part: "the corrections of run \(run)")
    }

    /// Changes the state on the disk, and then here. Seeds of runs that it passes are overwritten.
    private func update(_ change: (inout KeyFileState) throws(KeyFileError) -> Void) throws(KeyFileError) {
        let result = inner.withLock { inner in
            Result { () throws(KeyFileError) in
                guard !inner.isBroken else { throw .system(doing: "written", reason: "an earlier write failed") }
                var next = inner.state
                try change(&next)
                guard next != inner.state else { return }
                do throws(KeyFileError) {
                    try store(next, after: inner.state)
                } catch {
                    inner.isBroken = true
                    throw error
                }
                inner.state = next
            }
        }
        try result.get()
    }

    /// One copy after the other, so that one of them is whole whenever the machine stops.
    private func store(_ next: KeyFileState, after last: KeyFileState) throws(KeyFileError) {
        let bytes = next.bytes(of: header.set)
        try file.write(bytes, at: KeyFileLayout.state(0))
        try file.synchronize()
        try file.write(bytes, at: KeyFileLayout.state(1))
        if last.cursor < next.cursor {
            let seeds =
                KeyFileLayout.seed(last.cursor, of: header.runs)..<KeyFileLayout.seed(next.cursor, of: header.runs)
            try file.erase(seeds)
        }
        try file.synchronize()
    }
}

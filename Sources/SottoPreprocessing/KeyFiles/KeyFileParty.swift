import Foundation
import SottoAlgebra
import SottoRandomness
import SottoTransport

/// A party's side of a session whose correlations were dealt ahead, to a file.
///
/// In the setup the parties tell each other the set of their files and where these go on, and both skip to the later place.
/// What each run costs is what it costs with a dealer: the same seeds and corrections, read from the file.
final class KeyFileParty<Domain: ShareDomain>: PartyPreprocessing {
    private let session: PreprocessingSession<Domain>
    private let keys: KeyFile
    private var maskedWeights: ReceivedWeights<Domain>
    private var hasAgreed = false
    private var isOpen = true

    init(_ session: PreprocessingSession<Domain>, _ keys: KeyFile) throws {
        guard keys.party == session.party else {
            throw KeyFileError.otherParty(file: keys.party.name, party: session.party.name)
        }
        try keys.claim()
        self.session = session
        self.keys = keys
        maskedWeights = ReceivedWeights(session.domain)
    }

    deinit { close() }

    func setUp(
        _ plan: CorrelationPlan, inferences: Int, weights: (String) throws -> [Int64], over peer: any Channel
    ) throws -> SetupRecord {
        try keys.check(plan.weights)
        let masked = MaskedWeights(domain: session.domain, weights: plan.weights)
        switch session.party {
        case .server:
            let seed = try keys.weightMaskSeed()
            let tag = try Self.tag(of: plan.weights, weights, under: seed)
            try agree(weights: tag, over: peer)
            return try masked.send(
                over: peer, values: weights, masks: WeightMasks(domain: session.domain, seed: seed))
        case .client:
            try agree(weights: nil, over: peer)
            let received = try masked.receive(over: peer)
            maskedWeights = ReceivedWeights(session.domain, received.masked)
            return received.record
        }
    }

    func begin(_ run: PreprocessedRun, over peer: any Channel) throws -> any CorrelationSource<Domain> {
        guard hasAgreed else { throw KeyFileError.notAgreed }
        guard run.plan.keptRows == nil else { throw PreprocessingError.keepsNothing }
        let (seed, place) = try keys.next(run)
        return DealtCorrelations(
            domain: session.domain, plan: run.plan, party: session.party, seed: seed,
            stream: StoredCorrections(keys, place, run.plan), maskedWeights: maskedWeights, threads: session.threads)
    }

    /// The run's seed is gone since before the run; its corrections, which may be gigabytes, are overwritten when nobody waits
    /// for this party any more.
    func end() {}

    var channels: [any Channel] { [] }

    func close() {
        guard isOpen else { return }
        isOpen = false
        // What cannot be erased now is when the file is opened next; it is used in any case.
        try? keys.eraseUsed()
        keys.release()
    }

    /// What a party says of its file. Nothing in it is secret.
    private struct Offer: Codable {
        let set: String
        let role: String
        let cursor: Int
        /// The tag of the weights that the set's masks hide; of the client, if they have hidden any.
        let weights: String?

        static var byteLimit: Int { 1 << 10 }

        func isOne(of peer: Party, _ keys: KeyFile) -> Bool {
            role == peer.name && (0...keys.runs).contains(cursor)
                && set.utf8.count == keys.set.utf8.count && set.utf8.allSatisfy { 0x21...0x7E ~= $0 }
                && (weights.map(Fingerprint.isOne) ?? (peer == .client))
        }
    }

    /// Both parties go on from the same run, and both files know which weights the set's masks hide: so that a copy of one of
    /// them, put in its place, neither repeats a run nor masks other weights.
    /// - Parameter weights: the tag of the server's weights, at the server.
    private func agree(weights: [UInt8]?, over peer: any Channel) throws {
        let own = Offer(
            set: keys.set, role: session.party.name, cursor: keys.cursor,
            weights: (weights ?? keys.maskedWeights).map(Fingerprint.text))
        try peer.sendControl(Array(try JSONEncoder().encode(own)))
        let bytes = try peer.receiveControl(limit: Offer.byteLimit)
        guard let theirs = try? UntrustedJSON.decode(Offer.self, from: bytes),
            theirs.isOne(of: session.party.peer, keys)
        else { throw KeyFileError.malformedOffer(peer: peer.peerName) }
        guard theirs.set == keys.set else { throw KeyFileError.otherSet(ours: keys.set, theirs: theirs.set) }
        if let known = own.weights, let other = theirs.weights, known != other { throw KeyFileError.otherWeights }
        try keys.skip(to: theirs.cursor)
        guard keys.cursor < keys.runs else { throw KeyFileError.usedUp(runs: keys.runs) }
        guard let tag = weights ?? theirs.weights.map(Fingerprint.bytes) else { return }
        try keys.bind(weights: tag)
        hasAgreed = true
    }

    /// What stands for the weights where the client sees it: SHA-256 of the secret seed of their masks and of their digests.
    private static func tag(
        of declarations: [WeightDeclaration], _ values: (String) throws -> [Int64], under seed: Seed
    ) throws -> [UInt8] {
        var digests: [UInt8] = []
        for declaration in declarations {
            let values = try values(declaration.name)
            guard values.count == declaration.count else {
                throw PreprocessingError.weightSize(
                    name: declaration.name, expected: declaration.count, got: values.count)
            }
            digests += try values.withUnsafeBytes { try Digest.sha256($0) }
        }
        var keyed = seed.bytes + digests
        defer { SecretMemory.wipe(&keyed) }
        return try Digest.sha256(keyed)
    }
}

/// A run's corrections as they stand in the file, in the order of the plan's stream; those that are asked for out of order
/// wait here.
private final class StoredCorrections: CorrectionStream {
    private let keys: KeyFile
    private let place: KeyFilePlace
    private let plan: CorrelationPlan
    private var offset: Int
    private var expected: ArraySlice<Int>
    private var early: [Int: [UInt8]] = [:]

    let isDealer = false

    init(_ keys: KeyFile, _ place: KeyFilePlace, _ plan: CorrelationPlan) {
        self.keys = keys
        self.place = place
        self.plan = plan
        offset = place.range.lowerBound
        expected = plan.streamOrder.filter { plan.correlations[$0].correctionBytes[keys.party] > 0 }[...]
    }

    func corrections(_ index: Int, byteCount: Int) throws -> [UInt8] {
        while early[index] == nil {
            guard let next = expected.popFirst() else { throw PreprocessingError.alreadyUsed(index: index) }
            early[next] = try read(next)
        }
        return early.removeValue(forKey: index)!
    }

    /// The size is the plan's, not the file's: no more is read than is needed.
    private func read(_ index: Int) throws -> [UInt8] {
        let count = plan.correlations[index].correctionBytes[keys.party]
        let (header, end) = (KeyFileLayout.recordHeader, offset + KeyFileLayout.recordHeader + count)
        let damaged = KeyFileError.damaged(part: "correction \(index) of run \(place.index)")
        guard end <= place.range.upperBound else { throw damaged }
        let stored = try keys.corrections(at: offset, count: header, run: place.index)
        let payload = try keys.corrections(at: offset + header, count: count, run: place.index)
        guard stored == KeyFileRecord.header(index: index, payload) else { throw damaged }
        offset = end
        return payload
    }
}

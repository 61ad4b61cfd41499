import SottoAlgebra
import SottoRandomness
import SottoTransport

/// Where what stands in a key file, all numbers little-endian:
///
///     header                  4096 bytes, written last
///     state, twice            4096 bytes each: where its keys go on, which weights they have masked
///     a place for each run    256 bytes each: what it is of, and where its corrections are
///     a seed for each run     32 bytes each: zeros once it is used
///     the runs' corrections   each from a multiple of 4096 on
///
/// Every part has a checksum of CRC-32C.
enum KeyFileLayout {
    static let version = 1
    static let block = 4096
    static let runLimit = 65536
    static let placeBytes = 256
    static let seedBytes = 32
    static let recordHeader = 16
    static let targetLimit = 2048
    static let nameLimit = 192
    /// The most bytes of a file.
    static let lengthLimit = 1 << 52

    static func state(_ copy: Int) -> Int { block * (1 + copy) }
    static func place(_ run: Int) -> Int { 3 * block + run * placeBytes }
    static func seed(_ run: Int, of runs: Int) -> Int { place(runs) + run * seedBytes }
    static func firstRun(of runs: Int) -> Int { roundedUp(seed(runs, of: runs)) }
    static func roundedUp(_ offset: Int) -> Int { (offset + block - 1) / block * block }
}

/// What a key file is of; never changed.
struct KeyFileHeader: Equatable {
    static let magic = Array("SOTTOKEY".utf8)

    let party: Party
    let set: [UInt8]
    let runs: Int
    let length: Int
    /// SHA-256 of the weights' declarations.
    let weights: [UInt8]
    let target: String

    /// - Parameter weightSeed: at the server; zeros for the client.
    func bytes(weightSeed: Seed?) -> [UInt8] {
        var fields = KeyFileFields(Self.magic)
        fields.append(UInt32(KeyFileLayout.version))
        fields.append(UInt32(party.rawValue))
        fields.bytes += set
        fields.append(UInt32(runs))
        fields.append(UInt32(target.utf8.count))
        fields.append(UInt64(length))
        fields.bytes += weightSeed?.bytes ?? [UInt8](repeating: 0, count: Seed.byteCount)
        fields.bytes += weights
        fields.bytes += target.utf8
        return fields.sealed(to: KeyFileLayout.block)
    }

    /// - Returns: the header, and the seed of the weights' masks at the server.
    static func read(_ bytes: inout [UInt8]) throws -> (KeyFileHeader, Seed?) {
        defer { SecretMemory.wipe(&bytes) }
        guard bytes.starts(with: magic) else { throw KeyFileError.notAKeyFile }
        var reader = KeyFileReader(bytes, from: magic.count)
        let version = Int(reader.word32())
        guard version == KeyFileLayout.version else {
            throw KeyFileError.otherVersion(version, ours: KeyFileLayout.version)
        }
        let damaged = KeyFileError.damaged(part: "its header")
        guard KeyFileFields.isSealed(bytes) else { throw damaged }
        let party = Party(rawValue: Int(reader.word32()))
        let set = reader.take(16)
        let (runs, targetBytes, length) = (Int(reader.word32()), Int(reader.word32()), reader.word64())
        var seed = reader.take(Seed.byteCount)
        let weights = reader.take(32)
        guard let party, (1...KeyFileLayout.runLimit).contains(runs),
            targetBytes <= KeyFileLayout.targetLimit, length <= UInt64(KeyFileLayout.lengthLimit),
            let target = String(validating: reader.take(targetBytes), as: UTF8.self)
        else { throw damaged }
        let header = KeyFileHeader(
            party: party, set: set, runs: runs, length: Int(length), weights: weights, target: target)
        return (header, party == .server ? try Seed(wiping: &seed) : nil)
    }
}

/// What changes of a key file. It only ever goes on, and stands in the file twice: what was sent depends on nothing before
/// either copy was on the disk, so that either one is enough and a torn write loses nothing.
struct KeyFileState: Equatable {
    private static let magic = Array("SOTTOCUR".utf8)
    private static let byteCount = 128

    /// The run that comes next.
    var cursor = 0
    /// Runs whose corrections are overwritten, from the first on.
    var erased = 0
    /// The tag of the weights that the set's masks have hidden, once they have.
    var weights: [UInt8]?

    func bytes(of set: [UInt8]) -> [UInt8] {
        var fields = KeyFileFields(Self.magic)
        fields.bytes += set
        fields.append(UInt32(cursor))
        fields.append(UInt32(erased))
        fields.append(weights == nil ? 0 : 1 as UInt32)
        fields.bytes += weights ?? [UInt8](repeating: 0, count: 32)
        return fields.sealed(to: Self.byteCount)
    }

    private init?(_ bytes: [UInt8], of header: KeyFileHeader) {
        guard bytes.starts(with: Self.magic), KeyFileFields.isSealed(bytes) else { return nil }
        var reader = KeyFileReader(bytes, from: Self.magic.count)
        guard reader.take(16) == header.set else { return nil }
        (cursor, erased) = (Int(reader.word32()), Int(reader.word32()))
        let isBound = reader.word32()
        let weights = reader.take(32)
        guard cursor <= header.runs, erased <= cursor, isBound <= 1 else { return nil }
        self.weights = isBound == 1 ? weights : nil
    }

    init() {}

    /// The state of both copies together.
    static func read(_ file: KeyDescriptor, _ header: KeyFileHeader) throws(KeyFileError) -> KeyFileState {
        var copies: [KeyFileState] = []
        for copy in 0..<2 {
            let bytes = try file.read(byteCount, at: KeyFileLayout.state(copy), part: "its state")
            if let state = KeyFileState(bytes, of: header) { copies.append(state) }
        }
        guard var state = copies.first else { throw .damaged(part: "both copies of its state") }
        for other in copies.dropFirst() {
            state.cursor = max(state.cursor, other.cursor)
            state.erased = max(state.erased, other.erased)
            if let own = state.weights, let theirs = other.weights, own != theirs { throw .damaged(part: "its state") }
            state.weights = state.weights ?? other.weights
        }
        return state
    }
}

/// What a run is of, and where its corrections are.
struct KeyFilePlace: Equatable {
    let index: Int
    let range: Range<Int>
    let fingerprint: String
    /// Of the run, for errors.
    let name: String

    var bytes: [UInt8] {
        var fields = KeyFileFields([])
        fields.append(UInt32(index))
        let name = Array(name.utf8.prefix(KeyFileLayout.nameLimit))
        fields.append(UInt32(name.count))
        fields.append(UInt64(range.lowerBound))
        fields.append(UInt64(range.count))
        fields.bytes += Fingerprint.bytes(fingerprint)
        fields.bytes += name
        return fields.sealed(to: KeyFileLayout.placeBytes)
    }

    init(index: Int, range: Range<Int>, fingerprint: String, name: String) {
        self.index = index
        self.range = range
        self.fingerprint = fingerprint
        self.name = name
    }

    init(reading index: Int, _ file: KeyDescriptor, _ header: KeyFileHeader) throws(KeyFileError) {
        let damaged = KeyFileError.damaged(part: "the place of run \(index)")
        let bytes = try file.read(
            KeyFileLayout.placeBytes, at: KeyFileLayout.place(index), part: "the place of run \(index)")
        guard KeyFileFields.isSealed(bytes) else { throw damaged }
        var reader = KeyFileReader(bytes, from: 0)
        let (number, nameBytes) = (Int(reader.word32()), Int(reader.word32()))
        let (offset, count) = (reader.word64(), reader.word64())
        let limit = UInt64(header.length)
        guard number == index, nameBytes <= KeyFileLayout.nameLimit, offset <= limit, count <= limit - offset,
            Int(offset) >= KeyFileLayout.firstRun(of: header.runs)
        else { throw damaged }
        self.index = index
        range = Int(offset)..<Int(offset + count)
        fingerprint = Fingerprint.text(reader.take(32))
        // A name that was cut within a letter is a name still.
        name = String(decoding: reader.take(nameBytes), as: UTF8.self)
    }
}

/// A run's seed in the file.
enum KeyFileSeed {
    private static let mark: UInt32 = 0x5345_4544

    static func bytes(_ seed: Seed, run: Int) -> [UInt8] {
        var fields = KeyFileFields(seed.bytes)
        fields.append(mark)
        fields.append(UInt32(run))
        return fields.sealed(to: KeyFileLayout.seedBytes)
    }

    /// nil where it was erased.
    static func read(_ run: Int, _ file: KeyDescriptor, _ header: KeyFileHeader) throws -> Seed? {
        let part = "the seed of run \(run)"
        var bytes = try file.read(
            KeyFileLayout.seedBytes, at: KeyFileLayout.seed(run, of: header.runs), part: part)
        defer { SecretMemory.wipe(&bytes) }
        guard bytes.contains(where: { $0 != 0 }) else { return nil }
        var reader = KeyFileReader(bytes, from: Seed.byteCount)
        guard KeyFileFields.isSealed(bytes), reader.word32() == mark, Int(reader.word32()) == run else {
            throw KeyFileError.damaged(part: part)
        }
        var seed = Array(bytes.prefix(Seed.byteCount))
        return try Seed(wiping: &seed)
    }
}

/// What stands before a correlation's corrections.
enum KeyFileRecord {
    static func header(index: Int, _ payload: [UInt8]) -> [UInt8] {
        var fields = KeyFileFields([])
        fields.append(UInt32(index))
        fields.append(UInt64(payload.count))
        var checksum = Checksum()
        fields.bytes.withUnsafeBytes { checksum.add($0) }
        payload.withUnsafeBytes { checksum.add($0) }
        fields.append(checksum.value)
        return fields.bytes
    }
}

/// Bytes of a part of a key file.
struct KeyFileFields {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }

    /// The part in its size, with a checksum as its last word.
    func sealed(to count: Int) -> [UInt8] {
        var part = KeyFileFields(bytes + [UInt8](repeating: 0, count: count - 4 - bytes.count))
        part.append(Checksum.of(part.bytes))
        return part.bytes
    }

    static func isSealed(_ bytes: [UInt8]) -> Bool {
        var reader = KeyFileReader(bytes, from: bytes.count - 4)
        return Checksum.of(Array(bytes.dropLast(4))) == reader.word32()
    }
}

/// Reads what ``KeyFileFields`` wrote; beyond the end there are zeros.
struct KeyFileReader {
    private let bytes: [UInt8]
    private var position: Int

    init(_ bytes: [UInt8], from position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func take(_ count: Int) -> [UInt8] {
        defer { position += count }
        let part = bytes.dropFirst(position).prefix(count)
        return part + [UInt8](repeating: 0, count: count - part.count)
    }

    mutating func word32() -> UInt32 { take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    mutating func word64() -> UInt64 { take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}

extension Fingerprint {
    /// Of a fingerprint; what is none gives no fingerprint's bytes.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64 else { return [UInt8](repeating: 0, count: 32) }
        return (0..<32).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }

    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

import Foundation
import SottoTransport
import TestSupport
import Testing

/// Mutated bytes against the decoders that strangers reach. `SOTTO_FUZZ_INPUTS` sets the number of inputs, and
/// `SOTTO_FUZZ_SEED` the first seed; what is found belongs into `Corpus`.
@Suite struct FuzzTests {
    private static let inputs = environment("SOTTO_FUZZ_INPUTS") ?? 4000
    private static let seed = UInt64(environment("SOTTO_FUZZ_SEED") ?? 1)
    private static let limit = 4096

    private static func environment(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }

    /// The files of a folder of the corpus, in the order of their names.
    private static func corpus(_ folder: String) throws -> [[UInt8]] {
        let directory = try #require(Bundle.module.url(forResource: "Corpus", withExtension: nil))
            .appending(path: folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(!names.isEmpty)
        return try names.map { Array(try Data(contentsOf: directory.appending(path: $0))) }
    }

    private struct Decoded: Equatable {
        var frames: [Frame] = []
        var error: TransportError?
        var atEnd = TransportError.closed(peer: "")
        var taken = 0
    }

    /// Decodes the pieces, and checks what must hold whatever they are.
    private func decode(_ pieces: [ArraySlice<UInt8>], isAdmitted: Bool) -> Decoded {
        let admission = Admission()
        if isAdmitted { admission.grant() }
        var decoder = FrameDecoder(limit: FuzzTests.limit, peer: PeerName(role: "P"), admission: admission)
        var decoded = Decoded()
        for piece in pieces {
            decoded.error = transportError {
                decoded.taken += try piece.withUnsafeBytes { try decoder.feed($0, into: &decoded.frames) }
            }
            #expect(decoder.partialBytes <= FuzzTests.limit)
            if decoded.error != nil { break }
        }
        decoded.atEnd = decoder.errorAtEnd()
        return decoded
    }

    /// The frames at the beginning of the bytes whose checksums are right, by the definition of the format.
    private func intactFrames(_ bytes: [UInt8]) -> [Frame] {
        guard bytes.starts(with: WireFormat.streamHeader) else { return [] }
        var rest = bytes.dropFirst(12)
        var frames: [Frame] = []
        while rest.count >= 24 {
            let header = Array(rest.prefix(24))
            let length = number(header[..<8])
            let payload = Array(rest.dropFirst(24).prefix(Int(clamping: length)))
            guard
                number(header[20...]) == Checksum.of(Array(header[..<20])), payload.count == Int(clamping: length),
                number(header[16..<20]) == Checksum.of(payload)
            else { break }
            let (tag, depth) = (UInt32(number(header[8..<12])), UInt32(number(header[12..<16])))
            frames.append(Frame(tag: tag, depth: depth, payload: payload))
            rest = rest.dropFirst(24 + payload.count)
        }
        return frames
    }

    private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    /// Makes the checksums right after some mutations, so that the checks behind them are reached.
    private func repaired(_ bytes: [UInt8]) -> [UInt8] {
        var repaired = bytes
        var start = 12
        while start + 24 <= repaired.count {
            let length = Int(clamping: number(repaired[start..<start + 8]))
            let end = min(start + 24 + min(length, 1 << 20), repaired.count)
            let payload = Checksum.of(Array(repaired[start + 24..<end]))
            for index in 0..<4 {
                repaired[start + 16 + index] = UInt8(truncatingIfNeeded: payload >> (8 * UInt32(index)))
            }
            let own = Checksum.of(Array(repaired[start..<start + 20]))
            for index in 0..<4 { repaired[start + 20 + index] = UInt8(truncatingIfNeeded: own >> (8 * UInt32(index))) }
            start = end
        }
        return repaired
    }

    @Test func mutatedStreamsNeverYieldADamagedFrame() throws {
        let corpus = try FuzzTests.corpus("frames")
        var mutator = Mutator(seed: FuzzTests.seed)
        var (refused, yielded) = (0, 0)
        for input in 0..<FuzzTests.inputs {
            var bytes = corpus[input % corpus.count]
            if input >= corpus.count { bytes = mutator.mutate(bytes) }
            if mutator.pick(0...1) == 0 { bytes = repaired(bytes) }
            let isAdmitted = mutator.pick(0...3) > 0
            let whole = decode([bytes[...]], isAdmitted: isAdmitted)
            let intact = intactFrames(bytes)
            #expect(intact.starts(with: whole.frames), "input \(input)")
            #expect(whole.frames.allSatisfy { $0.payload.count <= FuzzTests.limit })
            #expect(decode(mutator.cut(bytes), isAdmitted: isAdmitted) == whole || whole.error != nil, "input \(input)")
            // With an error, the frames before it and the error are the same all the same.
            let cut = decode(mutator.cut(bytes), isAdmitted: isAdmitted)
            #expect(cut.frames == whole.frames && cut.error == whole.error, "input \(input)")
            if whole.error != nil { refused += 1 }
            yielded += whole.frames.count
        }
        // Both sides of every check are reached.
        #expect(refused > FuzzTests.inputs / 4)
        #expect(yielded > FuzzTests.inputs / 4)
    }

    @Test func mutatedHandshakesAreBounded() throws {
        let corpus = try FuzzTests.corpus("handshakes")
        var mutator = Mutator(seed: FuzzTests.seed)
        var decoded = 0
        for input in 0..<FuzzTests.inputs {
            let bytes = input < corpus.count ? corpus[input] : mutator.mutate(corpus[input % corpus.count])
            do {
                let hello = try Handshake(decoding: bytes, peer: "P")
                decoded += 1
                #expect(hello.fields.count <= 64 && hello.role.utf8.count <= 64)
                // What was read means the same when it is said again.
                #expect(try Handshake(decoding: Array(JSONEncoder().encode(hello)), peer: "P") == hello)
            } catch {
                guard case .malformedHandshake("P", let reason) = error as? TransportError else {
                    Issue.record("input \(input): \(error)")
                    continue
                }
                #expect(reason.count < 100)
            }
        }
        #expect(decoded > 0)
    }

    @Test func mutatedHandshakesEndAnExchangeInAnErrorOrAnAgreement() throws {
        let corpus = try FuzzTests.corpus("handshakes")
        var mutator = Mutator(seed: FuzzTests.seed &+ 1)
        let server = Handshake(version: 3, role: "server", fields: ["session": "a1", "program": "f00"])
        for input in 0..<min(FuzzTests.inputs, 100_000) / 8 {
            let (serverEnd, clientEnd) = InMemoryChannel.pair()
            try clientEnd.sendControl(mutator.mutate(corpus[input % corpus.count]))
            let error = transportError {
                _ = try server.exchange(over: serverEnd, expecting: ["program"], peerRole: "client")
            }
            _ = try clientEnd.receiveControl(limit: Handshake.byteLimit)
            guard let error else { continue }
            #expect(error.description.count < 2000)
            let told = transportError { _ = try clientEnd.receive(tag: 1) }
            guard case .refusedByPeer(_, let reason) = told else {
                Issue.record("input \(input): \(String(describing: told))")
                continue
            }
            #expect(!reason.unicodeScalars.contains { $0.value < 32 })
        }
    }
}

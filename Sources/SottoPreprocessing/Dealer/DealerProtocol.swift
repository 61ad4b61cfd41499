import Foundation
import SottoAlgebra
import SottoRandomness
import SottoTransport

/// Version of what parties and dealer say to each other; unequal versions refuse each other.
package enum WireProtocol {
    package static let version = 9
}

/// What a party asks the dealer for: the correlations of one run of a program. Both parties' requests must be equal.
package struct DealerRequest: Codable, Sendable, Equatable {
    /// Number of the run within the session, from 0.
    package let sequence: Int
    /// Public description from which the dealer makes the program: architecture and lengths.
    package let description: String
    /// Fingerprint of the program that the party will run.
    package let fingerprint: String

    package init(sequence: Int, description: String, fingerprint: String) {
        self.sequence = sequence
        self.description = description
        self.fingerprint = fingerprint
    }

    /// The most bytes that a request may have.
    package static let byteLimit = 1 << 20

    /// A party's request, from a stranger's bytes.
    /// - Parameters:
    ///   - party: what errors call who sent them.
    ///   - sequence: the run that is due.
    /// - Throws: ``PreprocessingError/malformedRequest(_:)``.
    package init(json bytes: [UInt8], of party: String, sequence: Int) throws {
        guard bytes.count <= Self.byteLimit,
            let request = try? UntrustedJSON.decode(DealerRequest.self, from: bytes)
        else { throw PreprocessingError.malformedRequest("that of the \(party) is not a request in JSON") }
        guard request.sequence == sequence else {
            throw PreprocessingError.malformedRequest("the \(party) asks for another run than number \(sequence)")
        }
        guard Fingerprint.isOne(request.fingerprint) else {
            throw PreprocessingError.malformedRequest("the \(party)'s fingerprint of the program is none")
        }
        self = request
    }
}

/// SHA-256 of a program in hexadecimal.
package enum Fingerprint {
    /// Whether a stranger's text could be one: 64 lower-case digits.
    package static func isOne(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}

/// The name by which the dealer pairs the parties of a session.
package enum SessionName {
    package static let byteLimit = 64

    /// Whether a stranger's text can be one: 1 to 64 bytes of printable ASCII.
    package static func isOne(_ text: String) -> Bool {
        (1...byteLimit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// A party's connection to a dealer, for one session.
package final class DealerConnection {
    /// The connection itself, for whoever looks for the cause of a failure.
    package let channel: any Channel
    private var sequence = 0

    /// Introduces the party to the dealer.
    /// - Parameters:
    ///   - session: chosen by the server; the dealer pairs by it.
    ///   - pulse: tells the dealer that this party works.
    /// - Throws: `TransportError`.
    package init(channel: any Channel, role: String, session: String, pulse: Pulse? = nil) throws {
        self.channel = channel
        let hello = Handshake(version: WireProtocol.version, role: role, fields: ["session": session])
        _ = try hello.exchange(over: channel, expecting: [], peerRole: "dealer")
        if let pulse { channel.join(pulse) }
    }

    /// The seed of the weights' masks, for the server only, once a session.
    /// - Communication: 16 bytes from the dealer.
    package func weightSeed() throws -> Seed { try seed(FrameTag.dealerWeightSeed, run: 0) }

    /// Asks for the correlations of the next run.
    /// - Returns: this party's seed.
    /// - Throws: `TransportError.refusedByPeer` where both parties' requests differ.
    /// - Communication: 16 bytes from the dealer.
    package func begin(description: String, fingerprint: String) throws -> Seed {
        let request = DealerRequest(sequence: sequence, description: description, fingerprint: fingerprint)
        sequence += 1
        try channel.sendControl(Array(try JSONEncoder().encode(request)))
        return try seed(FrameTag.dealerSeed, run: request.sequence)
    }

    /// Says that the run begun last is done: from here on the session may stand idle.
    package func end() throws { try channel.sendControl([]) }

    /// A party's corrections of the run that was begun last.
    package func corrections(of plan: CorrelationPlan, for party: Party) -> any CorrectionStream {
        RemoteCorrections(channel: channel, plan: plan, party: party)
    }

    package func close() { channel.close() }

    private func seed(_ tag: UInt32, run: Int) throws -> Seed {
        var frame = try channel.receive(tag: tag)
        guard Int(frame.depth) == run else {
            throw PreprocessingError.seedOfAnotherRun(Int(frame.depth), expected: run)
        }
        guard frame.payload.count == 16 else {
            throw PreprocessingError.malformedSeed(bytes: frame.payload.count)
        }
        return try Seed(wiping: &frame.payload)
    }
}

/// Corrections as they come in the order of the plan's stream; those that are asked for out of order wait here.
private final class RemoteCorrections: CorrectionStream {
    private let channel: any Channel
    private var expected: ArraySlice<Int>
    private var early: [Int: [UInt8]] = [:]

    let isDealer = false

    init(channel: any Channel, plan: CorrelationPlan, party: Party) {
        self.channel = channel
        expected = plan.streamOrder.filter { plan.correlations[$0].correctionBytes[party] > 0 }[...]
    }

    func corrections(_ index: Int, byteCount: Int) throws -> [UInt8] {
        while early[index] == nil {
            guard let next = expected.popFirst() else { throw PreprocessingError.alreadyUsed(index: index) }
            early[next] = try channel.receive(tag: FrameTag.correction(index: next)).payload
        }
        let bytes = early.removeValue(forKey: index)!
        guard bytes.count == byteCount else {
            throw TransportError.unexpectedSize(
                peer: channel.peerName, tag: FrameTag.correction(index: index), expected: byteCount, got: bytes.count)
        }
        return bytes
    }
}

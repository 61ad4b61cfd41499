import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import Synchronization

/// A run of a program by both parties in a ring that counts; what correlations take is left out.
public struct CountedRun {
    /// By party, then by instruction.
    public let counts: ByParty<[Int: OperationCounts]>

    public init(_ program: Program, fill: InputFill) throws {
        let ring = Ring64()
        let dealer = try InsecureInProcessDealer(domain: ring, seeds: InsecureSeededSource(1))
        let tensors = fill.tensors(of: program, owner: .server)
        let masked = try program.plan.weights.enumerated().map { index, weight in
            ring.subtract(ring.encode(tensors[weight.name]!), try dealer.weightMasks.mask(weight, index: index))
        }
        let channels = InMemoryChannel.pair()
        let counts = Mutex<[Party: Result<[Int: OperationCounts], any Error>]>([:])
        let ended = DispatchSemaphore(value: 0)
        for (party, channel) in [(Party.server, channels.0), (.client, channels.1)] {
            let thread = Thread {
                let result = Result {
                    try Self.count(
                        program, fill, party, channel,
                        dealer.source(party, plan: program.plan, maskedWeights: party == .client ? masked : []))
                }
                // So that the other party ends too.
                if case .failure = result { channel.close() }
                counts.withLock { $0[party] = result }
                ended.signal()
            }
            thread.start()
        }
        for _ in Party.allCases { ended.wait() }
        let results = counts.withLock { $0 }
        self.counts = ByParty(server: try results[.server]!.get(), client: try results[.client]!.get())
    }

    private static func count(
        _ program: Program, _ fill: InputFill, _ party: Party, _ channel: any Channel,
        _ source: DealtCorrelations<Ring64>
    ) throws -> [Int: OperationCounts] {
        let domain = CountingDomain()
        let counts = Mutex<[Int: OperationCounts]>([:])
        // A meter is asked after every step: what was counted since the last is the step's.
        let meter = ComputeMeter { step in
            counts.withLock { $0[step.instruction] = ($0[step.instruction] ?? OperationCounts()) + domain.take() }
            return 0
        }
        _ = try PartyInterpreter(domain: domain, party: party, channel: channel).run(
            program, source: UncountedSource(source), tensors: fill.source(of: program, for: party), meter: meter)
        return counts.withLock { $0 }
    }
}

/// Correlations made in the ring itself.
private final class UncountedSource: CorrelationSource {
    typealias Domain = CountingDomain

    private let source: DealtCorrelations<Ring64>

    init(_ source: DealtCorrelations<Ring64>) { self.source = source }

    func take(_ index: Int) throws -> CorrelationShare<[UInt64]> { try source.take(index) }
    var receivedBytes: [Int: Int] { source.receivedBytes }
    func times(of index: Int) -> CorrelationTimes { source.times(of: index) }
}

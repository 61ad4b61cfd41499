import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation
import SottoTransport

/// The latencies of a session on several networks, added up program by program.
///
/// Times end at 292 years, the largest number of nanoseconds that an integer holds.
///
/// A session's first inference is asked for in the setup; each later one begins half a round trip before its offline
/// phase, with the client's request.
struct SessionLatency: Sendable {
    private struct Sums: Sendable {
        var setup = 0
        var offline = 0
        var online = 0
    }
    private let networks: [Network]
    private let compute: ComputeModel?
    private var sums: [Sums]
    private var source: CostReport.Latency.Compute

    init(networks: [Network], compute: ComputeModel?) {
        self.networks = networks
        self.compute = compute
        sums = networks.map { _ in Sums() }
        source = compute == nil ? .none : .calibrated
    }

    /// - Parameters:
    ///   - memory: what the session has after it.
    ///   - work: metered nanoseconds of either party's work on every weight.
    mutating func addSetup(
        of program: Program, inferences: Int, _ memory: PreprocessingMemory, work: ByParty<[Int]>?
    ) {
        guard !networks.isEmpty else { return }
        let times = work ?? compute.map { ProgramWork(program, memory).setup($0) }
        var preparation = PreprocessingWork.none
        if let times {
            preparation.weight = { party, weight in
                times[party].indices.contains(weight) ? times[party][weight] : 0
            }
        }
        for (index, network) in networks.enumerated() {
            let setup = program.target.preprocessing.replaySetup(
                program.plan, inferences: inferences, on: network.link, work: preparation
            ).largest
            sums[index].setup = sums[index].setup.advanced(byNanoseconds: setup)
        }
    }

    /// - Parameter memory: what the session has before.
    mutating func add(_ program: Program, _ memory: PreprocessingMemory, trace: Trace?, isFirst: Bool) {
        guard !networks.isEmpty else { return }
        let measured = trace.flatMap { $0.times.values.contains { !$0.isEmpty } ? InstructionWork($0.times) : nil }
        if measured != nil { source = .measured }
        let work = measured ?? compute.map { InstructionWork(ProgramWork(program, memory).times($0)) }
        let replay = LatencyReplay(program)
        var preparation = PreprocessingWork.none
        if let work {
            preparation.preparation = work.preparation
            preparation.dealing = work.dealing
        }
        for (index, network) in networks.enumerated() {
            let link = network.link
            let online = work?.online ?? { _, _ in 0 }
            let (onlineEnd, offlineEnd) = (
                replay.online(on: link, trace: trace, work: online).largest,
                program.target.preprocessing.replayOffline(program.plan, memory, on: link, work: preparation).largest
            )
            sums[index].online = sums[index].online.advanced(byNanoseconds: onlineEnd)
            sums[index].offline = sums[index].offline.advanced(byNanoseconds: offlineEnd)
                .advanced(byNanoseconds: isFirst ? 0 : link.delay)
        }
    }

    var latencies: [CostReport.Latency] {
        zip(networks, sums).map { network, sums in
            CostReport.Latency(
                network, setup: Double(sums.setup) / 1e9, offline: Double(sums.offline) / 1e9,
                online: Double(sums.online) / 1e9, compute: source)
        }
    }
}

/// Times of local work, by party and instruction, as a replay asks for them.
struct InstructionWork: Sendable {
    private let times: ByParty<[Int: InstructionTimes]>

    init(_ times: ByParty<[Int: InstructionTimes]>) { self.times = times }

    func online(_ party: Party, _ step: PartyStep) -> Int {
        guard let place = step.place, let steps = times[party][step.instruction]?.steps,
            steps.indices.contains(place)
        else { return 0 }
        return steps[place]
    }

    func preparation(_ party: Party, _ instruction: Int) -> Int {
        times[party][instruction]?.preparation ?? 0
    }

    /// The dealer's work is known where it was in the server's process.
    func dealing(_ instruction: Int) -> Int { times.server[instruction]?.dealing ?? 0 }
}

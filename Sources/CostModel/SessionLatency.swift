import SecureComputation
import Transport

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

    /// - Parameter work: metered nanoseconds of either party's work on every weight.
    mutating func addSetup(of program: Program, work: [[Int]]?) {
        guard !networks.isEmpty else { return }
        let times = work ?? compute.map { ProgramWork(program).setup($0) }
        var preparation = PreparationWork()
        if let times {
            preparation.weight = { party, weight in
                times[party.rawValue].indices.contains(weight) ? times[party.rawValue][weight] : 0
            }
        }
        for (index, network) in networks.enumerated() {
            let setup = LatencyReplay.setup(of: program, on: network.link, work: preparation).max()!
            sums[index].setup = sums[index].setup.advanced(byNanoseconds: setup)
        }
    }

    mutating func add(_ program: Program, trace: Trace?, isFirst: Bool) {
        guard !networks.isEmpty else { return }
        let measured = trace.flatMap { $0.times.contains { !$0.isEmpty } ? InstructionWork($0.times) : nil }
        if measured != nil { source = .measured }
        let work = measured ?? compute.map { InstructionWork(ProgramWork(program).times($0)) }
        let replay = LatencyReplay(program)
        var preparation = PreparationWork()
        if let work {
            preparation.preparation = work.preparation
            preparation.dealing = work.dealing
        }
        for (index, network) in networks.enumerated() {
            let link = network.link
            let online = work?.online ?? { _, _ in 0 }
            let (onlineEnd, offlineEnd) = (
                replay.online(on: link, trace: trace, work: online).max()!,
                replay.offline(on: link, work: preparation).max()!
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
    private let times: [[Int: InstructionTimes]]

    init(_ times: [[Int: InstructionTimes]]) { self.times = times }

    func online(_ party: Party, _ step: PartyStep) -> Int {
        guard let place = step.place, let steps = times[party.rawValue][step.instruction]?.steps,
            steps.indices.contains(place)
        else { return 0 }
        return steps[place]
    }

    func preparation(_ party: Party, _ instruction: Int) -> Int {
        times[party.rawValue][instruction]?.preparation ?? 0
    }

    /// The dealer's work is known where it was in the server's process.
    func dealing(_ instruction: Int) -> Int { times[Party.server.rawValue][instruction]?.dealing ?? 0 }
}

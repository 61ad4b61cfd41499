import SecureComputation

/// The latencies of a session on several networks, added up program by program.
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
    private var isMeasured = false

    init(networks: [Network], compute: ComputeModel?) {
        self.networks = networks
        self.compute = compute
        sums = networks.map { _ in Sums() }
    }

    mutating func addSetup(of program: Program, isMeasured: Bool) {
        guard !networks.isEmpty else { return }
        let replay = LatencyReplay(program)
        for (index, network) in networks.enumerated() {
            sums[index].setup += replay.setup(on: network.link).max()!
        }
    }

    mutating func add(_ program: Program, trace: Trace?, isFirst: Bool) {
        guard !networks.isEmpty else { return }
        let replay = LatencyReplay(program)
        let measured = trace.flatMap(MeasuredWork.init)
        isMeasured = isMeasured || measured != nil
        for (index, network) in networks.enumerated() {
            let link = network.link
            var preparation = PreparationWork()
            if let measured {
                preparation.preparation = measured.preparation
                sums[index].online += replay.online(on: link, trace: trace, work: measured.online).max()!
            } else {
                sums[index].online += replay.online(on: link, trace: trace).max()!
            }
            sums[index].offline += replay.offline(on: link, work: preparation).max()! + (isFirst ? 0 : link.delay)
        }
    }

    var latencies: [CostReport.Latency] {
        zip(networks, sums).map { network, sums in
            CostReport.Latency(
                network, setup: Double(sums.setup) / 1e9, offline: Double(sums.offline) / 1e9,
                online: Double(sums.online) / 1e9, compute: isMeasured ? .measured : .none)
        }
    }
}

/// The work of a metered run.
private struct MeasuredWork {
    let times: [[Int: InstructionTimes]]

    /// nil where the trace has no times.
    init?(_ trace: Trace) {
        guard trace.times.contains(where: { !$0.isEmpty }) else { return nil }
        times = trace.times
    }

    func online(_ party: Party, _ step: PartyStep) -> Int {
        guard let place = step.place, let steps = times[party.rawValue][step.instruction]?.steps,
            steps.indices.contains(place)
        else { return 0 }
        return steps[place]
    }

    func preparation(_ party: Party, _ instruction: Int) -> Int {
        times[party.rawValue][instruction]?.preparation ?? 0
    }
}

import SottoReporting

extension CostReport {
    /// A row for each network: the time of every phase, and what local work is in it.
    public var latencyTable: Table {
        var table = Table(
            columns: [
                .init("network", .left), .init("rate"), .init("round trip"), .init("setup"), .init("offline"),
                .init("online"), .init("local work", .left),
            ])
        table.rows = latency.map { row in
            .init([
                row.network, Quantity.rate(megabitsPerSecond: row.megabitsPerSecond),
                Quantity.seconds(row.rttMilliseconds * 1e-3), Quantity.seconds(row.setup),
                Quantity.seconds(row.offline), Quantity.seconds(row.online), row.compute.rawValue,
            ])
        }
        return table
    }

    /// What the times of the networks leave out; nil where nothing needs to be said.
    package var latencyNote: String? {
        latency.contains { $0.compute == .none }
            ? "local work in the times: \(CostReport.Latency.Compute.none.note)" : nil
    }
}

extension CostReport.Latency.Compute {
    /// What a column of times says of local work.
    package var note: String {
        switch self {
        case .none: "none, network only; run `sotto calibrate` to add compute time"
        case .calibrated: "estimated from this machine's calibration"
        case .measured: "measured"
        }
    }
}

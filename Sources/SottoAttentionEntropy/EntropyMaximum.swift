import Foundation

/// The largest entropies that there can be, in nats.
public enum EntropyMaximum {
    /// The paper's `Emax = log T`: no row of T keys has more. Causal attention reaches it in its last row only.
    /// - Precondition: `context` is at least 1.
    public static func ofContext(_ context: Int) -> Double { log(Double(context)) }

    /// `log(i + 1)`: what causal attention reaches at position i, where it sees i + 1 keys.
    public static func ofQuery(_ query: Int) -> Double { log(Double(query + 1)) }

    /// `log(T!)/T`: the mean over all queries of a causal head that attends uniformly, which no head can exceed.
    ///
    /// 0.64 of `log T` for T = 8, 0.80 for 128, 0.86 for 1024.
    public static func ofCausalHead(context: Int) -> Double {
        (0..<context).reduce(0) { $0 + ofQuery($1) } / Double(context)
    }
}

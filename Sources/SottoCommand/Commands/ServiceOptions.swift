import ArgumentParser
import Logging
import SottoModel
import SottoPrivateTransformer

/// Options of the roles that listen.
struct ServiceOptions: ParsableArguments {
    @Option(help: "Stop after this many sessions with at least one finished run; without it the role goes on.")
    var sessions: Int?

    @Option(help: "Sessions at the same time; more clients are told that the role is busy.")
    var maxSessions: Int = 8

    @Option(help: "Positions of the largest run.")
    var maxPositions: Int = 4096

    @Option(
        help: ArgumentHelp("How long a session may stand idle between runs.", valueName: "seconds"))
    var idleTimeout: Double = 600

    @Flag(help: "Say nothing of sessions that end well.")
    var quiet = false

    func validate() throws {
        guard (1...1_000_000).contains(sessions ?? 1) else {
            throw ValidationError("--sessions must be 1 to 1000000")
        }
        guard (1...256).contains(maxSessions) else { throw ValidationError("--max-sessions must be 1 to 256") }
        guard (1...Architecture.limits.context).contains(maxPositions) else {
            throw ValidationError("--max-positions must be 1 to \(Architecture.limits.context)")
        }
        guard idleTimeout > 0, idleTimeout <= 86_400 else {
            throw ValidationError("--idle-timeout must be above 0 and at most 86400")
        }
    }

    var budget: PassBudget { PassBudget(positions: maxPositions) }

    var logger: Logger { Diagnostics.logger(level: quiet ? .warning : .info) }

    /// Connections that may be open before they have greeted, beside those of sessions.
    static let strangers = 16
}

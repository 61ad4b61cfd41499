import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Says on standard error how far long work has got: in a line that changes where that is a terminal, which begins after
/// half a second, else in a line of its own every half minute.
final class ProgressBar: Sendable {
    private struct State {
        var lastSaid: ContinuousClock.Instant
        var isDrawn = false
    }

    private let title: String
    private let isTerminal: Bool
    private let interval: Duration
    private let state: Mutex<State>
    private static let patience = Duration.milliseconds(500)
    private static let redrawing = Duration.milliseconds(100)
    private static let width = 30

    /// The name of a variable of the environment, for tests: seconds between lines where there is no terminal.
    static let intervalVariable = "SOTTO_PROGRESS_SECONDS"

    init(_ title: String, isTerminal: Bool = isatty(STDERR_FILENO) == 1) {
        self.title = title
        self.isTerminal = isTerminal
        interval = isTerminal ? Self.redrawing : Self.lineInterval
        let start = ContinuousClock.now
        state = Mutex(State(lastSaid: isTerminal ? start + Self.patience - Self.redrawing : start))
    }

    /// What lines are apart where there is no terminal.
    static var lineInterval: Duration {
        let given = ProcessInfo.processInfo.environment[intervalVariable].flatMap(Double.init)
        return .seconds(given.map { (0...86_400).contains($0) ? $0 : 30 } ?? 30)
    }

    deinit { finish() }

    /// - Parameter fraction: of the work that is done, from 0 to 1.
    func update(_ fraction: Double) {
        let now = ContinuousClock.now
        state.withLock { state in
            guard now - state.lastSaid > interval else { return }
            state.lastSaid = now
            let done = fraction >= 0 ? min(fraction, 1) : 0
            guard isTerminal else { return Diagnostics.warn("\(title): \(Int(done * 100)) %") }
            state.isDrawn = true
            let filled = Int((done * Double(Self.width)).rounded(.down))
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
            Diagnostics.write("\r\(title) [\(bar)] \(Int(done * 100)) %")
        }
    }

    /// Removes the line of a terminal.
    func finish() {
        state.withLock { state in
            guard state.isDrawn else { return }
            state.isDrawn = false
            Diagnostics.write("\r\u{1B}[K")
        }
    }
}

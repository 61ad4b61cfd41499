import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A line on standard error that says how far long work has got; silent where that is no terminal, and in the first half
/// second.
final class ProgressBar: Sendable {
    private struct State {
        var lastDrawn: ContinuousClock.Instant?
        var isDrawn = false
    }

    private let title: String
    private let start = ContinuousClock.now
    private let isEnabled: Bool
    private let state = Mutex(State())
    private static let patience = Duration.milliseconds(500)
    private static let interval = Duration.milliseconds(100)
    private static let width = 30

    init(_ title: String, isEnabled: Bool = isatty(STDERR_FILENO) == 1) {
        self.title = title
        self.isEnabled = isEnabled
    }

    deinit { finish() }

    /// - Parameter fraction: of the work that is done, from 0 to 1.
    func update(_ fraction: Double) {
        guard isEnabled else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            guard now - start > Self.patience, state.lastDrawn.map({ now - $0 > Self.interval }) ?? true else { return }
            state.lastDrawn = now
            state.isDrawn = true
            let filled = Int((min(max(fraction, 0), 1) * Double(Self.width)).rounded(.down))
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
            Self.write("\r\(title) [\(bar)] \(Int(fraction * 100)) %")
        }
    }

    /// Removes the line.
    func finish() {
        state.withLock { state in
            guard state.isDrawn else { return }
            state.isDrawn = false
            Self.write("\r\u{1B}[K")
        }
    }

    private static func write(_ text: String) {
        Diagnostics.write(text)
    }
}

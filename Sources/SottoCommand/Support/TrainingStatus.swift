import Foundation
import SottoTraining

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Says on standard error how training goes: a line that changes where that is a terminal, else one line in 30 seconds.
final class TrainingStatus {
    private let steps: Int
    private let tokensPerStep: Int
    private let isTerminal: Bool
    private var smoothedLoss: Double?
    private var lastSaid = ContinuousClock.now
    private var isDrawn = false

    /// - Parameters:
    ///   - steps: updates of the whole run.
    ///   - tokensPerStep: tokens that an update learns from.
    init(steps: Int, tokensPerStep: Int, isTerminal: Bool = isatty(STDERR_FILENO) == 1) {
        self.steps = steps
        self.tokensPerStep = tokensPerStep
        self.isTerminal = isTerminal
    }

    deinit { finish() }

    func update(_ progress: TrainingRun.Progress) {
        let loss = progress.report.loss
        smoothedLoss = smoothedLoss.map { 0.95 * $0 + 0.05 * loss } ?? loss
        let now = ContinuousClock.now
        let interval = isTerminal ? Duration.milliseconds(200) : ProgressBar.lineInterval
        guard now - lastSaid >= interval else { return }
        lastSaid = now
        isDrawn = isTerminal
        write(isTerminal ? "\r\(line(progress))\u{1B}[K" : line(progress) + "\n")
    }

    /// Removes the line of a terminal.
    func finish() {
        guard isDrawn else { return }
        isDrawn = false
        write("\r\u{1B}[K")
    }

    private func line(_ progress: TrainingRun.Progress) -> String {
        let loss = smoothedLoss ?? progress.report.loss
        let pace = progress.seconds / Double(max(progress.updates, 1))
        let means = progress.report.entropies.map { $0.reduce(0, +) / Double(max($0.count, 1)) }
        let lowest = means.enumerated().min { $0.element < $1.element }
        var parts = [
            "step \(progress.step)/\(steps)",
            String(format: "loss %.4f", loss),
            String(format: "perplexity %.3f", exp(loss)),
            String(format: "%.0f tokens/s", Double(tokensPerStep) / max(pace, 1e-9)),
            Self.duration(pace * Double(steps - progress.step)) + " left",
        ]
        if let lowest { parts.append(String(format: "lowest entropy %.3f, layer %d", lowest.element, lowest.offset)) }
        return parts.joined(separator: "  ")
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9).rounded())
        return switch whole {
        case ..<60: "\(whole) s"
        case ..<3600: String(format: "%d:%02d min", whole / 60, whole % 60)
        default: String(format: "%d:%02d h", whole / 3600, whole / 60 % 60)
        }
    }

    private func write(_ text: String) {
        Diagnostics.write(text)
    }
}

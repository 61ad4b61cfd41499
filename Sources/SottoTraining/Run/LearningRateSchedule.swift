import Foundation

/// The learning rate of every step: a linear rise from 0, then half a cosine down.
public struct LearningRateSchedule: Sendable, Hashable {
    private let steps: Int
    private let warmup: Int
    private let peak: Double
    private let final: Double

    /// The schedule that the settings describe.
    public init(_ settings: TrainingSettings) {
        steps = settings.steps
        warmup = settings.warmupSteps
        peak = settings.learningRate
        final = settings.learningRate * settings.finalLearningRate
    }

    /// The rate of a step.
    ///
    /// The last step of the warm-up, or without one the first step, has the peak; the last step of all has
    /// `finalLearningRate` of it.
    /// - Parameter step: counted from 0.
    public func rate(step: Int) -> Double {
        if step < warmup { return peak * Double(step + 1) / Double(warmup) }
        let highest = max(warmup - 1, 0)
        let last = steps - 1
        guard last > highest else { return peak }
        let fraction = Double(min(step, last) - highest) / Double(last - highest)
        return final + (peak - final) * 0.5 * (1 + cos(.pi * fraction))
    }
}

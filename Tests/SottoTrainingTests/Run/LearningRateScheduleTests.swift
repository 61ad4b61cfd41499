import Foundation
import SottoTraining
import Testing

struct LearningRateScheduleTests {
    private func schedule(steps: Int, warmup: Int, final: Double = 0.1) -> LearningRateSchedule {
        var settings = TrainingSettings()
        (settings.steps, settings.warmupSteps) = (steps, warmup)
        (settings.learningRate, settings.finalLearningRate) = (2e-3, final)
        return LearningRateSchedule(settings)
    }

    @Test func risesLinearlyAndFallsWithACosine() {
        let schedule = schedule(steps: 110, warmup: 10)
        #expect(schedule.rate(step: 0) == 2e-4)
        #expect(abs(schedule.rate(step: 4) - 1e-3) < 1e-18)
        #expect(schedule.rate(step: 9) == 2e-3)
        // Half-way between the last step of the warm-up, 9, and the last of all, 109.
        #expect(abs(schedule.rate(step: 59) - 1.1e-3) < 1e-15)
        #expect(abs(schedule.rate(step: 34) - (2e-4 + 1.8e-3 * 0.5 * (1 + 0.5.squareRoot()))) < 1e-15)
        #expect(abs(schedule.rate(step: 109) - 2e-4) < 1e-18)
        let rates = (0..<110).map { schedule.rate(step: $0) }
        #expect(zip(rates[..<9], rates[1...9]).allSatisfy { $0 < $1 })
        #expect(zip(rates[9..<109], rates[10...]).allSatisfy { $0 > $1 })
    }

    @Test func edges() {
        #expect(schedule(steps: 100, warmup: 0).rate(step: 0) == 2e-3)
        #expect(schedule(steps: 100, warmup: 1).rate(step: 0) == 2e-3)
        #expect(abs(schedule(steps: 100, warmup: 0, final: 0).rate(step: 99)) < 1e-18)
        #expect(schedule(steps: 1, warmup: 0).rate(step: 0) == 2e-3)
        #expect(schedule(steps: 5, warmup: 5).rate(step: 4) == 2e-3)
        #expect((0..<50).allSatisfy { schedule(steps: 50, warmup: 5, final: 1).rate(step: $0) <= 2e-3 })
    }
}

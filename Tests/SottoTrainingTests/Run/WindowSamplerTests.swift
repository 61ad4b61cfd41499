import SottoTraining
import TestSupport
import Testing

struct WindowSamplerTests {
    private let text = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test func windowsArePartsOfTheText() throws {
        let sampler = try WindowSampler(text: text, context: 16, batch: 5, seed: 3)
        for step in 0..<20 {
            let (starts, windows) = (sampler.starts(step: step), sampler.windows(step: step))
            #expect(starts.count == 5 && windows.count == 5)
            for (start, window) in zip(starts, windows) {
                #expect(window == text[start..<start + 17].map(Int32.init))
            }
        }
    }

    /// A resumed run asks for later steps only, and gets what an unbroken one gets.
    @Test func aStepDependsOnSeedAndStepOnly() throws {
        let sampler = try WindowSampler(text: text, context: 16, batch: 4, seed: 3)
        let again = try WindowSampler(text: text, context: 16, batch: 4, seed: 3)
        let later = again.starts(step: 41)
        #expect((0...41).map { sampler.starts(step: $0) }.last == later)
        let other = try WindowSampler(text: text, context: 16, batch: 4, seed: 4)
        #expect(other.starts(step: 41) != later)
        #expect(Set((0..<100).map { sampler.starts(step: $0) }).count == 100)
    }

    /// All 985 places, first and last included, equally often.
    @Test func startsAreUniform() throws {
        let sampler = try WindowSampler(text: text, context: 15, batch: 64, seed: 1)
        var counts = [Int](repeating: 0, count: 985)
        for step in 0..<2000 { for start in sampler.starts(step: step) { counts[start] += 1 } }
        let expected = 128_000.0 / 985
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // Chi-square with 984 degrees: mean 984, deviation 44.4.
        #expect(abs(statistic - 984) < 5 * 44.4)
    }

    @Test func aTextOfOneWindow() throws {
        let sampler = try WindowSampler(text: Array(text.prefix(17)), context: 16, batch: 3, seed: 1)
        #expect(sampler.starts(step: 9) == [0, 0, 0])
        #expect(throws: CorpusError.tooLittleText(bytes: 16, needed: 17)) {
            try WindowSampler(text: Array(text.prefix(16)), context: 16, batch: 3, seed: 1)
        }
        #expect(throws: CorpusError.tooLittleText(bytes: 0, needed: 17)) {
            try WindowSampler(text: [], context: 16, batch: 3, seed: 1)
        }
    }
}

import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import TestSupport
import Testing

@Suite struct WeightMasksTests {
    private func masks(_ seed: UInt64) throws -> WeightMasks<Ring64> {
        var seeds = InsecureSeededSource(seed)
        return WeightMasks(domain: Ring64(), seed: try seeds.nextSeed())
    }

    @Test(arguments: [1, 9, 40, 64])
    func maskedWeightAndMaskAddUp(width: Int) throws {
        let weight = WeightDeclaration(name: "w", shape: [7, 9], width: width)
        var generator = SeededGenerator(UInt64(width))
        let value = (0..<63).map { _ in generator.next() }
        let masks = try masks(5)
        let masked = try masks.masked(weight, index: 3, value: value, in: Ring64())
        let mask = try masks.mask(weight, index: 3)
        let ring = Ring64()
        #expect(ring.decode(ring.add(masked, mask), width: width) == ring.decode(value, width: width))
        #expect(weight.wireBytes == (63 * width + 7) / 8)
        #expect(ring.pack(masked, width: width).count == weight.wireBytes)
    }

    @Test func masksDifferByWeightAndSeed() throws {
        let weight = WeightDeclaration(name: "w", shape: [100], width: 64)
        let all = try [
            masks(1).mask(weight, index: 0), masks(1).mask(weight, index: 1), masks(2).mask(weight, index: 0),
        ]
        #expect(Set(all.joined()).count == 300)
        #expect(try masks(1).mask(weight, index: 0) == all[0])
    }

    @Test func maskedZerosLookUniform() throws {
        let weight = WeightDeclaration(name: "w", shape: [40, 1000], width: 20)
        let masked = try masks(3).masked(
            weight, index: 0, value: [UInt64](repeating: 0, count: 40000), in: Ring64())
        #expect(abs(ChiSquare.deviation(ofBytes: Ring64().pack(masked, width: 20))) < 6)
    }

    @Test func errorsSayWhatToDo() {
        let errors: [PreprocessingError] = [
            .alreadyUsed(index: 3), .notInPlan(index: 4, count: 2), .otherPlan(index: 1), .missingWeight(name: "w"),
            .malformedSeed(bytes: 3), .seedOfAnotherRun(0, expected: 1), .programMismatch(server: "a", client: "b"),
            .sessionTaken(role: "server"),
            .unknownRole, .malformedRequest("short"), .partnerMissing(role: "client", seconds: 60),
            .displaced(role: "server"), .tooManySessions(8), .idle(seconds: 0.5), .idle(seconds: .infinity), .stopping,
        ]
        for error in errors { #expect(error.description.hasSuffix(".")) }
    }
}

import SottoTraining
import Testing

struct CollapseWatchTests {
    /// Four layers of two heads; log T is 4, so that a layer has collapsed below 0.2.
    private var watch = CollapseWatch(layers: 4, maximum: 4)

    private mutating func observe(_ means: [Double], step: Int) {
        watch.observe(means.map { [$0 * 0.5, $0 * 1.5] }, step: step)
    }

    @Test mutating func theFirstLayerToCollapseIsNamed() {
        observe([2, 1, 0.3, 0.3], step: 1)
        observe([2, 1, 0.1, 0.3], step: 2)
        observe([2, 0.1, 1.5, 0.0], step: 3)
        let divergence = watch.divergence(step: 4)
        #expect(divergence.step == 4 && divergence.layer == 2 && divergence.collapsedAtStep == 2)
        #expect(divergence.entropy == 1.5, "the last mean, not that of the collapse")
        #expect(divergence.firstNonFiniteLayer == nil)
        #expect(divergence.description.contains("layer 2 collapsed first, at step 2"))
    }

    @Test mutating func withoutACollapseTheLowestLayerIs() {
        observe([2, 0.25, 0.5, 1], step: 1)
        observe([2, .nan, .nan, 1], step: 2)
        let divergence = watch.divergence(step: 2)
        #expect(divergence.layer == 1 && divergence.collapsedAtStep == nil)
        #expect(divergence.entropy == 0.25, "the last that was a number")
        #expect(divergence.firstNonFiniteLayer == 1)
        #expect(divergence.description.contains("layer 1 was the lowest"))
    }

    @Test mutating func ofLayersThatCollapseTogetherTheFirstIsNamed() {
        observe([2, 2, 0.1, 0.05], step: 7)
        #expect(watch.divergence(step: 8).layer == 2)
    }
}

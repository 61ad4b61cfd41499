import Foundation
import SottoModel
import SottoTraining
import Testing

struct EntropyCurvesTests {
    @Test func aRunLeavesAPictureOfEveryLayersEntropy() throws {
        let text = try TextDirectory(["a.py": TextDirectory.babble(900), "b.py": TextDirectory.babble(500, seed: 3)])
        let output = try TextDirectory()
        var settings = TrainingSettings()
        settings.steps = 500
        settings.batch = 1
        settings.normalization = WeightNormalization(.weight, of: [.feedForward])
        let architecture = try Architecture(
            notation: .init(.softmax), layers: 2, heads: 1, width: 4, context: 4, vocabulary: 256)
        _ = try TrainingRun(
            architecture: architecture, settings: settings, corpus: text.corpus(), directory: output.url,
            digest: .openSSL, openBLAS: .load()
        ).run()
        let svg = String(decoding: try output.bytes("entropies.svg"), as: UTF8.self)
        #expect(svg.contains("Attention entropy of SM, weight:ffn over training"))
        #expect(svg.contains("layer 0") && svg.contains("layer 1") && !svg.contains("layer 2"))
        // 500 steps are thinned to every third one and the last.
        let lines = svg.split(separator: "points=\"").dropFirst().compactMap { $0.split(separator: "\"").first }
        #expect(lines.count { $0.split(separator: " ").count == 168 } == 2)
    }
}

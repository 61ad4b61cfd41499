import SottoAttentionEntropy
import SottoModel
import SottoReporting
import Testing

struct EntropyRenderingTests {
    private let report: EntropyReport

    init() throws {
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 2, heads: 3, width: 6, feedForwardWidth: 8, context: 4, vocabulary: 5)
        let model = ReferenceModel(try .random(architecture, seed: 2, standardDeviation: 0.4))
        let (entropies, windows) = try model.attentionEntropies(of: [1, 4, 0, 3, 2, 2, 1, 3], window: 4)
        report = try EntropyReport(
            model: "small", architecture: "SM+LN+G", windows: windows, epsilon: 0, entropies: entropies)
    }

    @Test(arguments: [60, 120]) func textFitsItsWidth(width: Int) {
        let text = report.rendered(width: width)
        #expect(text.hasPrefix("small, SM+LN+G, 2 layers, 3 heads; 2 windows of 4 tokens\n"))
        // The legend is one line.
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("░ [0, max/4)") }
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines.filter { $0.count > width })")
        for layer in report.entropies.layers { #expect(text.contains(Quantity.decimal(layer.mean))) }
        #expect(!text.contains("\u{1B}") && report.rendered(coloured: true).count { $0 == "\u{1B}" } == 12)
    }

    @Test func tablesHaveEveryHead() {
        let lines = report.rendered(as: .csv).split(separator: "\n")
        #expect(lines.count == 7 && lines[0] == "layer,head,entropy,reachable_ratio,range,verdict")
        #expect(report.rendered(as: .markdown).contains("| layer | head 0 | head 1 | head 2 | mean | variance |"))
        #expect(report.rendered(as: .latex).contains("\\% of the heads"))
    }
}

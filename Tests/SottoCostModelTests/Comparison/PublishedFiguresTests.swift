import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import Testing

@Suite struct PublishedFiguresTests {
    @Test func tablesAreComplete() throws {
        let figures = try PublishedFigures()
        #expect(Dictionary(grouping: figures.costs, by: \.table).mapValues(\.count) == [3: 3, 4: 3, 7: 3, 8: 3])
        let first = try #require(figures.costs.first)
        #expect(
            first.architecture == "SM+LN+G" && first.communicationGigabytes == 25.32 && first.latencyMinutes == 8.21)
        #expect(abs(first.transmissionMinutes - 33.76) < 1e-9)
        // Variants of norms' stand-ins are left out.
        #expect(figures.perplexities.allSatisfy { [2, 3, 4, 7, 8].contains($0.table) })
        #expect(figures.perplexities.filter(\.value.isNaN).map(\.architecture) == ["SM"])
    }

    @Test func networksAreFoundBySizeLengthAndName() throws {
        let figures = try PublishedFigures()
        let (small, deep) = (try Architecture.preset(named: "gpt2"), try Architecture.preset(named: "gpt2-18l"))
        #expect(figures.cost(small, name: "SM+LN+R", context: 256)?.communicationGigabytes == 26.73)
        #expect(figures.cost(deep, name: "SM+ScFuFFN", context: 128)?.table == 8)
        #expect(figures.cost(small, name: "SM+LN+R", context: 100) == nil)
        #expect(figures.cost(small, name: "SM", context: 128) == nil)
        #expect(figures.cost(try small.withWidth(832), name: "SM+LN+G", context: 128) == nil)
        #expect(figures.perplexities(small, name: "SM+LN+G", context: 128).map(\.value) == [2.69])
        #expect(
            figures.perplexities(small, name: "SM+LN+G", context: 512).map(\.trainingTokens) == [
                "1.2B", "2.4B", "4.8B",
            ])
        #expect(figures.perplexities(try small.withWidth(832), name: "SM+LN+G", context: 128).isEmpty)
    }

    @Test func publishedCountsAreThoseOfThePrograms() throws {
        for cost in try PublishedFigures().costs {
            let name = cost.layers == 18 ? "gpt2-18l" : "gpt2"
            let architecture = try Architecture.preset(named: name).withNotation(.init(cost.architecture))
            let counts = ArchitectureCounts(
                try ForwardPass(architecture: architecture, new: cost.context, output: .all))
            func count(_ kind: ArchitectureCounts.Operation.Kind) -> Int {
                counts.operations.filter { $0.kind == kind }.reduce(0) { $0 + $1.count }
            }
            #expect(count(.softmax) == cost.softmaxCount)
            #expect(count(.norm) == cost.normCount)
            #expect(count(.activation) == cost.activationCount)
            #expect(abs(Double(counts.feedForwardFlops) / 1e9 - cost.feedForwardGigaflops) < 0.06)
            // The paper counts part of the square of scores; the whole of it is at most 7 % more.
            let ratio = Double(counts.attentionFlops) / 1e9 / cost.attentionGigaflops
            #expect((1..<1.07).contains(ratio), "\(ratio)")
        }
    }

    @Test func brokenTablesAreNamed() throws {
        let header =
            "table,layers,heads,d_model,context,architecture,softmax_ops,layernorm_ops,activation_ops,"
            + "ffn_gflops,attention_gflops,communication_gb,latency_min"
        let row = "3,12,12,768,128,SM,1,2,3,4,5,6,7"
        #expect(try PublishedFigures(costs: header + "\n" + row, perplexities: "").costs.count == 1)
        #expect(throws: PublishedFiguresError.missingColumn(file: "pi-cost.csv", column: "latency_min")) {
            try PublishedFigures(
                costs: String(header.dropLast(",latency_min".count)) + "\n" + String(row.dropLast(2)), perplexities: "")
        }
        #expect(throws: PublishedFiguresError.fieldCount(file: "pi-cost.csv", line: 2)) {
            try PublishedFigures(costs: header + "\n" + row + ",8", perplexities: "")
        }
        #expect(throws: PublishedFiguresError.notANumber(file: "pi-cost.csv", line: 3, column: "heads")) {
            try PublishedFigures(
                costs: header + "\n" + row + "\n" + row.replacing("12,12", with: "12,x"), perplexities: "")
        }
    }

    @Test func aPerplexityThatIsNoNumberIsNullInJSON() throws {
        let diverged = try #require(PublishedFigures().perplexities.first { $0.value.isNaN })
        #expect(try JSONText.of(diverged).contains("\"perplexity\" : null"))
    }
}

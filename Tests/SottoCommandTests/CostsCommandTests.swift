import Foundation
import SottoCostModel
import SottoRandomness
import Testing

/// `sotto costs`, which makes docs/costs.md.
@Suite(.serialized) struct CostsCommandTests {
    private static let page = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/costs.md")

    private static let forms = ["text", "json", "csv", "markdown", "latex"]

    /// What one process prints in each form, for all tests.
    private static let printed = Result {
        try forms.map { ($0, try BuiltProgram.run("costs", "--format", $0)) }
    }

    private static func run(_ form: String) throws -> BuiltProgram.Result {
        try #require(printed.get().first { $0.0 == form }).1
    }

    private static func catalogue() throws -> CostCatalogue {
        try JSONDecoder().decode(CostCatalogue.self, from: Data(run("json").output.utf8))
    }

    @Test func thePageIsWhatTheCodeDeclares() throws {
        let result = try Self.run("markdown")
        #expect(result.status == 0 && result.error.isEmpty)
        let page = String(decoding: try Data(contentsOf: Self.page), as: UTF8.self)
        let regenerate = "run `swift run -c release sotto costs --format markdown > docs/costs.md`"
        let (stored, made) = (Self.lines(page), Self.lines(result.output))
        let first = zip(stored, made).first { $0 != $1 }
        #expect(first == nil, "docs/costs.md is out of date; \(regenerate)")
        // Byte for byte, with the same end; the pages themselves are too long to be shown.
        let isSame = page.utf8.elementsEqual(result.output.utf8)
        #expect(isSame, "docs/costs.md is out of date; \(regenerate)")
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Rows of models are those of `estimate`.
    @Test(arguments: ["SM+LN+G", "SM(t)+ScFuFFN"])
    func modelsAreThoseOfEstimate(notation: String) throws {
        let catalogue = try Self.catalogue()
        let options = [["--layers", "1", "--blocks-only"], []]
        for (title, options) in zip(["Layers", "Models"], options) {
            let section = try #require(catalogue.sections.first { $0.title == title })
            let row = try #require(section.rows.first { $0.name == notation })
            let estimate = try BuiltProgram.run(
                ["estimate", "gpt2", "--context", "128", "--architecture", notation, "--format", "json"] + options)
            let totals = try JSONDecoder().decode(CostReport.self, from: Data(estimate.output.utf8)).totals
            #expect(row.bytesSent == totals.online.bytesSent)
            #expect(row.rounds == totals.online.rounds)
            #expect(row.dealerBytes == totals.offline.dealerBytes)
            #expect(row.setupBytes == totals.setup.bytesSent.total)
        }
    }

    /// The page of measurements repeats bytes and rounds of layers; they are the declared ones.
    @Test func benchmarksNameTheDeclaredCosts() throws {
        let catalogue = try Self.catalogue()
        let layers = try #require(catalogue.sections.first { $0.title == "Layers" })
        let page = Self.page.deletingLastPathComponent().appendingPathComponent("benchmarks.md")
        let lines = Self.lines(String(decoding: try Data(contentsOf: page), as: UTF8.self))
        let start = try #require(lines.firstIndex { $0.hasPrefix("| layer | online bytes (server + client) |") })
        let shown = lines[(start + 2)...].prefix { $0.hasPrefix("|") }
        #expect(shown.count >= 3)
        for line in shown {
            let cells = line.split(separator: "|").map { $0.filter { !" ,".contains($0) } }
            let row = try #require(layers.rows.first { $0.name == cells[0] })
            // The dealer's seed of the weights' masks is there too.
            let dealer = row.dealerBytes.total + Seed.byteCount
            let expected = [
                row.name, "\(row.bytesSent.total)(\(row.bytesSent.server)+\(row.bytesSent.client))", "\(row.rounds)",
                "\(dealer)", "\(row.setupBytes)",
            ]
            #expect(cells == expected)
        }
    }

    @Test(arguments: forms)
    func everyFormIsTheSameOnEveryRun(format: String) throws {
        let first = try Self.run(format)
        #expect(first.status == 0 && first.error.isEmpty && !first.output.isEmpty)
        #expect(try BuiltProgram.run("costs", "--format", format).output == first.output)
    }

    @Test func anUnknownFormIsRefused() throws {
        let result = try BuiltProgram.run("costs", "--format", "html")
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.error.hasPrefix("sotto: ") && result.error.contains("markdown"))
    }
}

import ArgumentParser
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation

/// The documentation's tables of costs.
struct Costs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what every primitive, function and architecture costs over the ring.",
        discussion: "The tables of docs/costs.md, which is this command's output with --format markdown.")

    @OptionGroup var suite: SuiteOptions

    @Option(help: "The form of the tables.")
    var format: OutputOptions.Format = .text

    func validate() throws { _ = try suite.target(over: .ring64) }

    func run() throws {
        let target = try suite.target(over: .ring64)
        let catalogue = try CostCatalogue(models: CostCatalogue.ModelGroup.paper(target: target), target: target)
        // JSON is no form of a table.
        let form = Table.Format(rawValue: format.rawValue)
        try Output.write(form.map { catalogue.rendered(as: $0, width: Terminal.width) } ?? JSONText.of(catalogue))
    }
}

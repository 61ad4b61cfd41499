import ArgumentParser
import Logging
import SottoCostModel
import SottoReporting

/// How results are printed.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, csv, markdown, latex
    }

    enum Level: String, ExpressibleByArgument, CaseIterable {
        case kind, layer, operation, primitive

        var grouping: Grouping { Grouping(rawValue: rawValue) ?? .kind }
    }

    @Option(help: "The form of the report.")
    var format: Format = .text

    @Option(
        help:
            "Rows of the table: kind (operations of all layers together), layer, operation or primitive. JSON always has primitives."
    )
    var by: Level = .kind

    @Flag(help: "Write diagnostics to standard error.")
    var verbose = false

    /// nil for JSON.
    var tableFormat: Table.Format? { Self.tableFormat(format) }

    static func tableFormat(_ format: Format) -> Table.Format? {
        switch format {
        case .json: nil
        case .text: .text
        case .csv: .csv
        case .markdown: .markdown
        case .latex: .latex
        }
    }

    /// Diagnostics to standard error; errors only unless `--verbose`.
    func logger() -> Logger {
        Diagnostics.logger(level: verbose ? .debug : .critical)
    }
}

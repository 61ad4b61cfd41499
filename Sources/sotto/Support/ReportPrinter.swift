import CostModel
import Foundation

/// Writes results to standard output.
enum Output {
    static func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }

    static func write(_ report: CostReport, _ options: OutputOptions) throws {
        switch options.tableFormat {
        case .some(let format): write(report.rendered(.init(grouping: options.by.grouping, format: format)))
        case nil: write(try report.json())
        }
    }
}

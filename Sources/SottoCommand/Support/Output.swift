import Foundation
import SottoCostModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes results to standard output.
enum Output {
    /// Writes all of the text, and a line feed where it has none at its end.
    /// - Throws: ``OutputError`` if it could not be written, as to a full disk.
    static func write(_ text: String) throws(OutputError) {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        let number = StandardStreams.write(bytes, to: STDOUT_FILENO, patience: -1)
        guard number == 0 else { throw OutputError(number: number) }
    }

    static func write(_ report: CostReport, _ options: OutputOptions) throws {
        switch options.tableFormat {
        case .some(let format):
            try write(report.rendered(.init(grouping: options.by.grouping, format: format, width: Terminal.width)))
        case nil: try write(report.json())
        }
    }

    /// To be called when all is written.
    /// - Throws: ``OutputError`` if some of it was lost after all.
    static func finish() throws(OutputError) {
        let number = StandardStreams.closingError(of: STDOUT_FILENO)
        guard number == 0 else { throw OutputError(number: number) }
    }
}

/// A result that did not reach standard output.
struct OutputError: Error, Equatable, CustomStringConvertible {
    /// As `errno` has it.
    let number: Int32

    var description: String {
        let reason = number == EBADF ? "it is closed" : String(cString: strerror(number))
        return "The result cannot be written to standard output (\(reason)); give it a file or a pipe with room."
    }
}

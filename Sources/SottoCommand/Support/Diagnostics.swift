import Foundation
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What goes to standard error. Nobody may be there to read it: what cannot be written is left out, and work goes on.
enum Diagnostics {
    /// Milliseconds that a reader without room is waited for.
    private static let patience: Int32 = 1000

    /// A line of its own.
    static func warn(_ message: String) { write("sotto: \(message)\n") }

    /// For comparisons of long inputs, whose latencies are not quite those of runs.
    static func warnOfLargerTiles() {
        warn(
            "latencies of long inputs are compared with larger tiles than a run's and are mostly below it, most where round "
                + "trips are long; sotto estimate --network has those of a run.")
    }

    /// - Parameter text: as it is, with its line feeds.
    static func write(_ text: String) {
        _ = StandardStreams.write(Array(text.utf8), to: STDERR_FILENO, patience: patience)
    }

    /// A logger to standard error, a line for each event.
    static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "sotto") { _ in DiagnosticsLogHandler() }
        logger.logLevel = level
        return logger
    }
}

/// Writes events as lines such as `sotto: info: model loaded (weights: trained)`.
struct DiagnosticsLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let provided = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        let details = provided.merging(event.metadata ?? [:]) { $1 }
            .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let suffix = details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
        Diagnostics.warn(Self.onOneLine("\(event.level): \(event.message)\(suffix)"))
    }

    /// What a peer sent may stand in a message: no control character of it reaches a terminal.
    private static func onOneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}

import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What standard output can show.
enum Terminal {
    /// Whether it is a terminal with colours, and nobody asked for none with `NO_COLOR`.
    static var hasColours: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDOUT_FILENO) == 1 && environment["NO_COLOR", default: ""].isEmpty
            && environment["TERM"] != "dumb"
    }

    /// Characters of a line: a terminal's, but no fewer than a table's label and one column need; 120 where there
    /// is none.
    static var width: Int {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return standardWidth
        }
        return max(Int(size.ws_col), narrowest)
    }

    /// Where there is no terminal.
    private static let standardWidth = 120
    private static let narrowest = 60
}

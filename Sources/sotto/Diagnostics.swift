import Foundation

/// What goes to standard error.
enum Diagnostics {
    static func warn(_ message: String) {
        FileHandle.standardError.write(Data("sotto: \(message)\n".utf8))
    }
}

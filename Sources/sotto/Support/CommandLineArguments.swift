/// The arguments as the system passes them, before they become text.
enum CommandLineArguments {
    /// Swift puts another character in the place of bytes that are no text; a prompt would change without a word.
    /// - Throws: ``UsageError`` that names what is not UTF-8.
    static func check() throws {
        let pointers = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
        let arguments = pointers.dropFirst().map { pointer in
            pointer.map { Array(UnsafeBufferPointer(start: $0, count: length(of: $0)).map(UInt8.init(bitPattern:))) }
                ?? []
        }
        if let complaint = complaint(about: arguments) { throw UsageError(complaint) }
    }

    /// What is wrong with the first argument that is not UTF-8; nil if all are.
    static func complaint(about arguments: [[UInt8]]) -> String? {
        guard let place = arguments.firstIndex(where: { !isText($0) }) else { return nil }
        let own = arguments[place].prefix { $0 != UInt8(ascii: "=") }
        var name: String?
        if let option = option(own), own.count < arguments[place].count {
            name = option
        } else if place > 0 {
            name = option(arguments[place - 1][...])
        }
        return "\(name.map { "The value of \($0)" } ?? "Argument \(place + 1)") is not UTF-8 text; convert it first."
    }

    private static func option(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.starts(with: "--".utf8), isText(bytes) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isText(_ bytes: some Sequence<UInt8>) -> Bool {
        String(validating: Array(bytes), as: UTF8.self) != nil
    }

    private static func length(of text: UnsafeMutablePointer<CChar>) -> Int {
        var length = 0
        while text[length] != 0 { length += 1 }
        return length
    }
}

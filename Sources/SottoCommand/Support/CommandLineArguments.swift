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

extension CommandLineArguments {
    /// The arguments with negative numbers joined to the option before them, which otherwise look like options of their own:
    /// `--seed -1` becomes `--seed=-1`, so that what is said of it is what is wrong with it.
    static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var isOver = false
        for argument in arguments {
            if !isOver, isNegativeNumber(argument), let last = result.last, last.hasPrefix("--"), last.count > 2,
                !last.contains("=")
            {
                result[result.count - 1] = "\(last)=\(argument)"
            } else {
                result.append(argument)
                isOver = isOver || argument == "--"
            }
        }
        return result
    }

    private static func isNegativeNumber(_ text: String) -> Bool {
        guard text.hasPrefix("-"), let first = text.dropFirst().first else { return false }
        return first.isNumber || first == "." || Double(text) != nil
    }
}

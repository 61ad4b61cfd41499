import Foundation

/// A Swift file of the package, for tests of what stands where.
public struct SourceFile: Sendable, CustomStringConvertible {
    /// From the package's root.
    public let path: String
    /// The text without comments and without what literals say; what they interpolate stays.
    public let code: String

    public var description: String { path }

    init(path: String, text: String) {
        self.path = path
        var scanner = CodeScanner(Array(text.utf8))
        scanner.code(inParentheses: false)
        code = String(decoding: scanner.code, as: UTF8.self)
    }

    /// The package's root.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// All Swift files in a folder, given from the root, and below it, by path.
    public static func all(in folder: String) throws -> [SourceFile] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let path = "\(folder)/\(name)"
            let data = try Data(contentsOf: root.appendingPathComponent(path))
            return SourceFile(path: path, text: String(decoding: data, as: UTF8.self))
        }
    }
}

extension SourceFile {
    /// Modules that the file imports, once for each line.
    public var imports: [(module: String, isReexported: Bool)] {
        code.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({ $0.hasPrefix("@") || Self.accessLevels.contains(String($0)) })
            else { return nil }
            let module = words.last!.split(separator: ".")[0]
            return (String(module), words[..<place].contains { $0.hasPrefix("@_exported") || $0 == "public" })
        }
    }

    private static let accessLevels: Set = ["public", "package", "internal", "fileprivate", "private"]

    /// Types that the file declares at its top level for others to use.
    public var types: [String] {
        let pattern =
            /^(?:@[\w()]+\s+)*(?:(?:public|package|internal|open|final|indirect)\s+)*(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)/
            .anchorsMatchLineEndings()
        return code.matches(of: pattern).map { String($0.output.1) }
    }

    /// Names of the words in the code.
    public var words: Set<Substring> { Set(code.split { !($0.isLetter || $0.isNumber || $0 == "_") }) }

    /// What the file's declarations and extensions say to conform to or to inherit from.
    var conformances: [(type: String, isProtocol: Bool, supertypes: [String])] {
        let pattern =
            /\b(struct|class|enum|actor|protocol|extension)\s+([\w.]+)\s*(?:<[^{}]*?>)?\s*:\s*([^{}]*)\{/
        return code.matches(of: pattern).map { match in
            let clause = match.output.3.split(separator: /\bwhere\b/, maxSplits: 1).first ?? ""
            let supertypes = clause.split { $0 == "," || $0 == "&" }.map { item in
                let words = item.split(whereSeparator: \.isWhitespace).filter { !$0.hasPrefix("@") }
                return String(words.joined(separator: " ").prefix { $0 != "<" })
            }
            return (
                String(match.output.2.split(separator: ".").last!), match.output.1 == "protocol",
                supertypes.map { String($0.split(separator: ".").last ?? "") }
            )
        }
    }
}

extension [SourceFile] {
    /// Types that say to conform to a protocol or to one that inherits from it.
    public func types(conformingTo name: String) -> Set<String> {
        let conformances = flatMap(\.conformances)
        var protocols: Set = [name]
        while true {
            let more = conformances.filter { $0.isProtocol && !protocols.isDisjoint(with: $0.supertypes) }.map(\.type)
            guard !protocols.isSuperset(of: more) else { break }
            protocols.formUnion(more)
        }
        return Set(conformances.filter { !$0.isProtocol && !protocols.isDisjoint(with: $0.supertypes) }.map(\.type))
    }
}

/// Copies code and leaves out comments and the text of literals.
private struct CodeScanner {
    private let text: [UInt8]
    private var place = 0
    private(set) var code: [UInt8] = []

    init(_ text: [UInt8]) { self.text = text }

    private func stands(_ word: String) -> Bool { text[place...].starts(with: word.utf8) }

    /// Up to the end, or to the parenthesis that closes an interpolation.
    mutating func code(inParentheses: Bool) {
        var depth = 0
        while place < text.count {
            if stands("//") {
                while place < text.count, text[place] != UInt8(ascii: "\n") { place += 1 }
            } else if stands("/*") {
                skipComment()
            } else if let hashes = literal() {
                skipLiteral(hashes)
            } else {
                let byte = text[place]
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                if inParentheses, depth < 0 { return }
                code.append(byte)
                place += 1
            }
        }
    }

    private mutating func skipComment() {
        var depth = 0
        repeat {
            if stands("/*") {
                (depth, place) = (depth + 1, place + 2)
            } else if stands("*/") {
                (depth, place) = (depth - 1, place + 2)
            } else {
                place += 1
            }
        } while depth > 0 && place < text.count
        code.append(UInt8(ascii: " "))
    }

    /// How many number signs come before the quotation mark of a literal that begins here.
    private func literal() -> Int? {
        let hashes = text[place...].prefix { $0 == UInt8(ascii: "#") }.count
        return place + hashes < text.count && text[place + hashes] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func skipLiteral(_ hashes: Int) {
        place += hashes
        let sign = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        let quotes = text[place...].starts(with: "\"\"\"".utf8) ? 3 : 1
        let end = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + sign
        let escape = [UInt8(ascii: "\\")] + sign
        place += quotes
        code.append(UInt8(ascii: " "))
        while place < text.count, !text[place...].starts(with: end) {
            guard text[place...].starts(with: escape) else {
                place += 1
                continue
            }
            place += escape.count
            guard place < text.count, text[place] == UInt8(ascii: "(") else {
                place += 1
                continue
            }
            place += 1
            code(inParentheses: true)
            code.append(UInt8(ascii: " "))
        }
        place += end.count
    }
}

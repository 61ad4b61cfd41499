/// A JSON document read strictly: duplicate keys, trailing bytes, invalid UTF-8 and deep nesting are refused.
///
/// Foundation's readers keep one of two duplicate keys silently and do not tell `true` from `1` on every
/// platform; headers of weight files and architecture edits come from elsewhere, so both matter here.
package indirect enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    case real(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Sendable, Equatable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The document's value.
    /// - Throws: ``JSONError`` with the byte offset of the first fault.
    package init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        var reader = JSONReader(bytes: Array(bytes))
        self = try reader.document()
    }

    /// The member of an object with this key, or nil.
    package subscript(key key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// What a person would call this value in an error message.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .string(let value): value.quoted
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// The value in one line, cut to 80 characters, for an error message.
    package var summary: String {
        let text = compact(depth: 0)
        return text.unicodeScalars.count > 80
            ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(77))) + "..." : text
    }

    private func compact(depth: Int) -> String {
        // What lies deeper, or after the first few, would be cut off anyway.
        switch self {
        case .array(let elements) where depth < 3:
            "[" + elements.prefix(40).map { $0.compact(depth: depth + 1) }.joined(separator: ", ") + "]"
        case .object(let members) where depth < 3:
            "{"
                + members.prefix(40).map { "\($0.key.quoted): \($0.value.compact(depth: depth + 1))" }
                .joined(separator: ", ") + "}"
        default: kind
        }
    }
}

/// A fault in a JSON document.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    case malformed(offset: Int, expected: String)
    case duplicateKey(String)
    case tooDeep(limit: Int)

    package var description: String {
        switch self {
        case .malformed(let offset, let expected): "byte \(offset): \(expected) expected"
        case .duplicateKey(let key): "the key \(key.quoted) occurs twice"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        }
    }
}

extension String {
    /// The text in double quotes, cut to 80 characters, control characters made visible.
    package var quoted: String {
        var text = ""
        for scalar in unicodeScalars.prefix(80) {
            text += scalar.escaped(asASCII: false)
        }
        return "\"" + text + (unicodeScalars.count > 80 ? "..." : "") + "\""
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    var position = 0

    static let depthLimit = 32

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw fault("the end of the document") }
        return value
    }

    private func fault(_ expected: String) -> JSONError {
        .malformed(offset: position, expected: expected)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.depthLimit else { throw .tooDeep(limit: Self.depthLimit) }
        skipWhitespace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in text.utf8 where !take(byte) { throw fault("a value") }
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        // Strings are equal to Swift if they look the same; keys are if their bytes are.
        var keys: Set<[UInt8]> = []
        skipWhitespace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipWhitespace()
            guard current == UInt8(ascii: "\"") else { throw fault("a key") }
            let key = try string()
            guard keys.insert(Array(key.utf8)).inserted else { throw .duplicateKey(key) }
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon") }
            members.append(.init(key: key, value: try value(depth: depth + 1)))
            skipWhitespace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or a closing brace") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipWhitespace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or a closing bracket") }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw fault("valid UTF-8") }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                position += 1
                text.append(contentsOf: String(try escapedScalar()).utf8)
            case 0..<0x20:
                throw fault("a character that is no control character")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw fault("a closing quotation mark")
    }

    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        guard let byte = current else { throw fault("an escape sequence") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimalUnit()
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("a low surrogate") }
                let low = try hexadecimalUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("a low surrogate") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("a Unicode scalar") }
            return scalar
        default: throw fault("an escape sequence")
        }
    }

    private mutating func hexadecimalUnit() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("a hexadecimal digit")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let leadingZero = current == UInt8(ascii: "0")
        let digits = skipDigits()
        guard digits > 0, !(leadingZero && digits > 1) else { throw fault("a value") }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard skipDigits() > 0 else { throw fault("a digit") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw fault("a digit") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        guard let real = Double(text), real.isFinite else { throw fault("a number in range") }
        return .real(real)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }
}

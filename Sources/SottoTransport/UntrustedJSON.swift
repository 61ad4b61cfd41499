import Foundation

/// Decodes JSON that a peer sent.
///
/// Foundation's decoder can end the process where it looks up the place of a syntax error: some mutated inputs did. What
/// reaches it here is valid JSON, of bounded depth; it may still be of another type.
package enum UntrustedJSON {
    /// Containers within containers; messages have three or four.
    static let depthLimit = 64

    package struct Invalid: Error, Equatable { public init() {} }

    /// - Throws: ``Invalid`` for what is no JSON, `DecodingError` for JSON that is no such value.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        guard isValid(bytes) else { throw Invalid() }
        return try JSONDecoder().decode(type, from: Data(bytes))
    }

    /// Whether the bytes are one JSON value in UTF-8 (RFC 8259), without lone surrogates, of bounded depth.
    package static func isValid(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var scanner = Scanner(bytes: bytes)
        guard scanner.value(depth: 0) else { return false }
        scanner.skipSpace()
        return scanner.next == nil
    }
}

/// Reads along; every function says whether what it is for was there.
private struct Scanner {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    mutating func value(depth: Int) -> Bool {
        guard depth <= UntrustedJSON.depthLimit else { return false }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return members(to: "}") { $0.member(depth: depth + 1) }
        case UInt8(ascii: "["): return members(to: "]") { $0.value(depth: depth + 1) }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    /// A container's members, from its first bracket to its last.
    private mutating func members(to end: Unicode.Scalar, _ member: (inout Scanner) -> Bool) -> Bool {
        position += 1
        skipSpace()
        if take(end) { return true }
        while member(&self) {
            skipSpace()
            if take(end) { return true }
            guard take(",") else { return false }
        }
        return false
    }

    private mutating func member(depth: Int) -> Bool {
        skipSpace()
        guard string() else { return false }
        skipSpace()
        return take(":") && value(depth: depth)
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = next, byte >= 0x20 {
            position += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\"), !escape() { return false }
        }
        return false
    }

    /// What follows a backslash.
    private mutating func escape() -> Bool {
        guard let byte = next else { return false }
        position += 1
        guard byte == UInt8(ascii: "u") else { return Array("\"\\/bfnrt".utf8).contains(byte) }
        guard let unit = hexadecimal() else { return false }
        switch unit {
        case 0xD800..<0xDC00:
            guard take("\\"), take("u"), let low = hexadecimal() else { return false }
            return (0xDC00..<0xE000).contains(low)
        case 0xDC00..<0xE000: return false
        default: return true
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") { guard digits() else { return false } }
        if take("."), !digits() { return false }
        guard take("e") || take("E") else { return true }
        _ = take("+") || take("-")
        return digits()
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }
}

import Foundation

/// JSON for people and programs: indented, with sorted keys. Numbers that JSON has no words for, infinite ones and those
/// that are none, become null.
public enum JSONText {
    /// - Throws: what the value's own encoding throws.
    public static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch EncodingError.invalidValue {
            // A word that no string of the value is.
            let mark = "not finite \(UUID().uuidString)"
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: mark, negativeInfinity: mark, nan: mark)
            return String(decoding: try encoder.encode(value), as: UTF8.self)
                .replacingOccurrences(of: "\"\(mark)\"", with: "null")
        }
    }
}

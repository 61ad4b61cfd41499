import Foundation

extension CostReport {
    /// The report as JSON, with sorted keys: equal reports give equal text.
    public func json() throws -> String { try JSONText.of(self) }
}

/// JSON for people and programs: indented, with sorted keys.
public enum JSONText {
    public static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// A file's or directory's name, in which `*` stands for any characters, also none.
public struct NamePattern: Sendable, Hashable {
    /// The pattern as written.
    public let text: String

    /// The pattern of this text.
    public init(_ text: String) {
        self.text = text
    }

    /// Whether a whole name is as the pattern says.
    package func matches(_ name: String) -> Bool {
        let (pattern, name) = (Array(text.utf8), Array(name.utf8))
        let star = UInt8(ascii: "*")
        var (position, index) = (0, 0)
        // Where to go on if what the last star stands for is too short.
        var retry: (position: Int, index: Int)?
        while index < name.count {
            if position < pattern.count, pattern[position] == star {
                retry = (position + 1, index)
                position += 1
            } else if position < pattern.count, pattern[position] == name[index] {
                position += 1
                index += 1
            } else if let last = retry {
                retry = (last.position, last.index + 1)
                (position, index) = (last.position, last.index + 1)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == star }
    }
}

extension NamePattern: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

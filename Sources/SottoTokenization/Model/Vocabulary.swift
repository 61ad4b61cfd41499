/// The tokens of a model, each with its id.
struct Vocabulary: Sendable {
    /// In UTF-8, by their ids.
    let tokens: [[UInt8]]
    private let ids: [[UInt8]: Int]

    /// As many ids as a model may have.
    static let limit = 1 << 20

    /// - Returns: nil if two tokens are the same.
    init?(_ tokens: [[UInt8]]) {
        self.tokens = tokens
        var ids: [[UInt8]: Int] = [:]
        ids.reserveCapacity(tokens.count)
        for (id, token) in tokens.enumerated() {
            guard ids.updateValue(id, forKey: token) == nil else { return nil }
        }
        self.ids = ids
    }

    func id(of token: [UInt8]) -> Int? { ids[token] }

    /// What stands for a byte in a vocabulary that falls back to bytes.
    static func token(of byte: UInt8) -> [UInt8] {
        let digits = String(byte, radix: 16, uppercase: true)
        return Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)
    }
}

/// The size from which one kernel is taken over another: a number of rows, a depth, or their product.
public struct Crossover: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// `Int.max` where there is none.
    private let value: Int

    /// From no size on.
    public static let never = Crossover(.max)

    /// No size of a product that anybody measures is larger.
    public static let largest = 1 << 30

    /// - Parameter size: a negative one is 0, and one above ``largest`` is ``never``.
    public init(_ size: Int) { value = size > Self.largest ? .max : max(size, 0) }

    public init(integerLiteral size: Int) { self.init(size) }

    /// nil for ``never``.
    public var size: Int? { value == .max ? nil : value }

    public func isReached(by size: Int) -> Bool { self != .never && size >= value }

    public var description: String { size.map { "\($0)" } ?? "never" }
}

/// A crossover that nobody has measured.
public enum CrossoverError: Error, Equatable, Sendable, CustomStringConvertible {
    case outOfRange(size: Int)

    public var description: String {
        switch self {
        case .outOfRange(let size):
            "A kernel cannot be taken from a size of \(size) on; sizes are 0 to \(Crossover.largest)."
        }
    }
}

/// A number, or null for ``Crossover/never``.
extension Crossover: Codable {
    /// - Throws: ``CrossoverError`` for a negative number or an absurd one: a file may hold anything.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard !container.decodeNil() else {
            self = .never
            return
        }
        let size = try container.decode(Int.self)
        guard (0...Self.largest).contains(size) else { throw CrossoverError.outOfRange(size: size) }
        self.init(size)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let size { try container.encode(size) } else { try container.encodeNil() }
    }
}

/// Who is who: the server holds the weights, the client the prompt.
public enum Party: Int, Sendable, Hashable, Codable, CaseIterable {
    case server = 0
    case client = 1

    public var peer: Party { self == .server ? .client : .server }
    public var name: String { self == .server ? "server" : "client" }
}

/// A value of the server's and one of the client's.
///
/// In JSON it is `[server, client]`.
@frozen
public struct ByParty<Value> {
    public var server: Value
    public var client: Value

    @inlinable
    public init(server: Value, client: Value) {
        self.server = server
        self.client = client
    }

    @inlinable
    public init(_ value: (Party) throws -> Value) rethrows {
        self.init(server: try value(.server), client: try value(.client))
    }

    /// The same value for both.
    @inlinable
    public static func both(_ value: Value) -> ByParty { ByParty(server: value, client: value) }

    @inlinable
    public subscript(party: Party) -> Value {
        get { party == .server ? server : client }
        _modify {
            switch party {
            case .server: yield &server
            case .client: yield &client
            }
        }
    }

    @inlinable
    public func map<Result>(_ transform: (Value) throws -> Result) rethrows -> ByParty<Result> {
        ByParty<Result>(server: try transform(server), client: try transform(client))
    }

    /// Server first.
    @inlinable
    public var values: [Value] { [server, client] }
}

extension ByParty: Sendable where Value: Sendable {}
extension ByParty: Equatable where Value: Equatable {}
extension ByParty: Hashable where Value: Hashable {}

extension ByParty: Encodable where Value: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(server)
        try container.encode(client)
    }
}

extension ByParty: Decodable where Value: Decodable {
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        self.init(server: try container.decode(Value.self), client: try container.decode(Value.self))
        guard container.isAtEnd else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "more than two values")
        }
    }
}

extension ByParty where Value: AdditiveArithmetic {
    public static var zero: ByParty { .both(.zero) }

    @inlinable
    public static func + (a: ByParty, b: ByParty) -> ByParty {
        ByParty(server: a.server + b.server, client: a.client + b.client)
    }

    @inlinable
    public static func += (a: inout ByParty, b: ByParty) { a = a + b }

    /// What only one party has.
    public static func only(_ party: Party, _ value: Value) -> ByParty {
        ByParty { $0 == party ? value : .zero }
    }

    public var total: Value { server + client }
}

extension ByParty where Value: Comparable {
    /// Of the slower, or larger, party.
    public var largest: Value { max(server, client) }

    /// The larger of both, party by party.
    package func joined(with other: ByParty) -> ByParty {
        ByParty(server: max(server, other.server), client: max(client, other.client))
    }
}

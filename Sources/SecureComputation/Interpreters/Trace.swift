/// A message of a run: who sent how much in which round of which instruction, and at what causal depth.
public struct TraceEvent: Sendable, Hashable, Codable {
    public let instruction: Int
    public let round: Int
    public let sender: Int
    public let bytes: Int
    public let depth: Int

    public init(instruction: Int, round: Int, sender: Int, bytes: Int, depth: Int) {
        self.instruction = instruction
        self.round = round
        self.sender = sender
        self.bytes = bytes
        self.depth = depth
    }
}

/// The online messages of one run of a program, of one party or of both.
public struct Trace: Sendable, Hashable, Codable {
    public private(set) var events: [TraceEvent]
    /// Seconds of the run, by instruction: preparing correlations (offline) and the rest (online).
    public var offlineSeconds: [Int: Double]
    public var onlineSeconds: [Int: Double]
    /// Bytes from the dealer by receiver, for each correlation that needed any.
    public var dealerBytes: [Int: [Int]]

    public init(
        events: [TraceEvent] = [], offlineSeconds: [Int: Double] = [:], onlineSeconds: [Int: Double] = [:],
        dealerBytes: [Int: [Int]] = [:]
    ) {
        self.events = events.sorted(by: Self.isOrderedBefore)
        self.dealerBytes = dealerBytes
        self.offlineSeconds = offlineSeconds
        self.onlineSeconds = onlineSeconds
    }

    private static func isOrderedBefore(_ a: TraceEvent, _ b: TraceEvent) -> Bool {
        (a.instruction, a.round, a.sender) < (b.instruction, b.round, b.sender)
    }

    /// The traces of both parties in one, in declaration order; times are the larger of both.
    public func merged(with peer: Trace) -> Trace {
        Trace(
            events: events + peer.events,
            offlineSeconds: offlineSeconds.merging(peer.offlineSeconds, uniquingKeysWith: max),
            onlineSeconds: onlineSeconds.merging(peer.onlineSeconds, uniquingKeysWith: max),
            dealerBytes: dealerBytes.merging(peer.dealerBytes) { zip($0, $1).map { $0 + $1 } })
    }
}

/// A pair of causal clocks, one for each party.
public struct Clocks: Sendable, Hashable {
    public var server: Int
    public var client: Int

    public init(server: Int = 0, client: Int = 0) {
        self.server = server
        self.client = client
    }

    public var latest: Int { max(server, client) }

    public func joined(with other: Clocks) -> Clocks {
        Clocks(server: max(server, other.server), client: max(client, other.client))
    }

    /// A round: both send at depth one beyond their clock, then both take in what arrived.
    public mutating func exchange(serverSends: Bool, clientSends: Bool) {
        let (server, client) = (self.server, self.client)
        if serverSends { self.client = max(client, server + 1) }
        if clientSends { self.server = max(server, client + 1) }
    }
}

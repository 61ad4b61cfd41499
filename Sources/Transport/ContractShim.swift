public final class Pulse: Sendable { public init() {} }
public enum AbortKind: UInt8, Sendable { case refused = 0, unavailable, busy }
extension Channel {
    public func join(_ pulse: Pulse) {}
    public func whenEnded(_ body: @Sendable @escaping () -> Void) {}
    public func abort(reason: String, kind: AbortKind) { abort(reason: reason) }
    public func abort(for error: any Error) { abort(reason: "\(error)") }
    public func receiveControl(limit: Int, within: Duration) throws -> [UInt8] { try receiveControl(limit: limit) }
}

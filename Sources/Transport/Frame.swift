/// One message on a channel.
///
/// `payload` is what the meter counts; `tag` and `depth` travel in the frame's header.
public struct Frame: Sendable, Equatable {
    /// Says which message of the program this is; the receiver asks for it by this tag.
    public var tag: UInt32
    /// Causal depth: 1 + the sender's clock, or 0 for messages that have no depth (control, dealer).
    public var depth: UInt32
    public var payload: [UInt8]

    public init(tag: UInt32, depth: UInt32, payload: [UInt8]) {
        self.tag = tag
        self.depth = depth
        self.payload = payload
    }

    /// Tags from here up belong to the transport; programs use the ones below.
    public static let firstReservedTag: UInt32 = 0xFFFF_FF00
    /// Carries a control message: handshakes, requests, traces. Counted as overhead.
    public static let controlTag: UInt32 = 0xFFFF_FF01
    /// Carries the one-sentence reason with which a party gives up. Counted as overhead.
    public static let abortTag: UInt32 = 0xFFFF_FF02

    /// Whether the frame's payload counts as overhead instead of as a message of the program.
    var isOverhead: Bool { tag >= Frame.firstReservedTag }
}

/// One message on a channel.
///
/// `payload` is what the meter counts; `tag` and `depth` travel in the frame's header.
public struct Frame: Sendable, Equatable {
    /// Says which message this is, by ``FrameTag``; the receiver asks for it.
    package var tag: UInt32
    /// Causal depth: 1 + the sender's clock, or 0 for messages that have no depth (control, dealer).
    package var depth: UInt32
    package var payload: [UInt8]

    package init(tag: UInt32, depth: UInt32, payload: [UInt8]) {
        self.tag = tag
        self.depth = depth
        self.payload = payload
    }

    /// Whether the frame's payload counts as overhead instead of as a message of the program.
    var isOverhead: Bool { tag >= FrameTag.firstReserved }

    /// What a frame that is held costs beside its payload.
    static let charge = 64

    /// Bytes that holding the frame takes.
    var heldBytes: Int { payload.count + Frame.charge }
}

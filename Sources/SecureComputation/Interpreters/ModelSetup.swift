import Algebra
import Preprocessing
import Transport

/// The setup of a session: the server sends every weight `W` of the program minus its mask `B`, which only the server and
/// the dealer know; `W - B` is uniform to the client.
/// - Communication: `ceil(n·k/8)` bytes from the server to the client for each weight of `n` elements of `k` bits, in 1
///   round altogether.
public struct ModelSetup<Domain: ShareDomain>: Sendable {
    public let domain: Domain
    public let weights: [WeightDeclaration]

    public init(domain: Domain, weights: [WeightDeclaration]) {
        self.domain = domain
        self.weights = weights
    }

    /// - Returns: the bytes sent, and the nanoseconds of work on every weight.
    public func send(
        over channel: any Channel, tensors: any TensorSource, masks: WeightMasks<Domain>,
        progress: ((Int, Int) -> Void)? = nil
    ) throws -> (bytes: Int, work: [Int]) {
        var (sent, work): (Int, [Int]) = (0, [])
        for (index, weight) in weights.enumerated() {
            let start = ProcessorTime.now
            let values = try tensors.tensor(weight.name)
            guard values.count == weight.count else {
                throw InterpreterError.inputSize(name: weight.name, expected: weight.count, got: values.count)
            }
            let masked = try masks.masked(weight, index: index, value: domain.encode(values))
            let payload = domain.pack(masked, width: weight.width)
            work.append((ProcessorTime.now - start).wholeNanoseconds)
            try channel.send(Frame(tag: FrameTag.setupWeight(index: index), depth: 1, payload: payload))
            sent += payload.count
            progress?(index + 1, weights.count)
        }
        return (sent, work)
    }

    /// The masked weights, in the order of the declarations, the bytes that came, and the nanoseconds of work on each.
    public func receive(
        over channel: any Channel, progress: ((Int, Int) -> Void)? = nil
    ) throws -> (masked: [Domain.Elements], bytes: Int, work: [Int]) {
        var (bytes, work): (Int, [Int]) = (0, [])
        let masked = try weights.enumerated().map { index, weight in
            let frame = try channel.receive(tag: FrameTag.setupWeight(index: index), byteCount: weight.wireBytes)
            bytes += frame.payload.count
            progress?(index + 1, weights.count)
            let start = ProcessorTime.now
            defer { work.append((ProcessorTime.now - start).wholeNanoseconds) }
            return try domain.unpack(frame.payload, count: weight.count, width: weight.width)
        }
        return (masked, bytes, work)
    }
}

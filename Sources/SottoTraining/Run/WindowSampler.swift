import SottoModel

/// Draws the windows of every step from a text: which ones depends on seed and step only, so that a resumed run sees
/// what an unbroken one sees.
public struct WindowSampler: Sendable {
    private let text: [UInt8]
    private let length: Int
    private let batch: Int
    private let base: UInt64

    /// - Parameters:
    ///   - context: positions of the model; a window has one byte more.
    ///   - batch: windows of a step.
    /// - Throws: ``CorpusError/tooLittleText(bytes:needed:)``.
    public init(text: [UInt8], context: Int, batch: Int, seed: UInt64) throws(CorpusError) {
        guard text.count > context else { throw .tooLittleText(bytes: text.count, needed: context + 1) }
        self.text = text
        length = context + 1
        self.batch = batch
        // Apart from the stream that initial weights are drawn from.
        var stream = SplitMix64(state: seed ^ 0x77_69_6E_64_6F_77_73)
        base = stream.next()
    }

    /// Where the windows of a step begin in the text.
    /// - Parameter step: counted from 0.
    package func starts(step: Int) -> [Int] {
        var seeds = SplitMix64(state: base &+ UInt64(step))
        var generator = SplitMix64(state: seeds.next())
        let places = UInt64(text.count - length + 1)
        // The high word of the product: each place is within 2^-64 as likely as any other.
        return (0..<batch).map { _ in Int(generator.next().multipliedFullWidth(by: places).high) }
    }

    /// The windows of a step, `batch` of `context + 1` token ids.
    public func windows(step: Int) -> [[Int32]] {
        starts(step: step).map { start in text[start..<start + length].map(Int32.init) }
    }
}

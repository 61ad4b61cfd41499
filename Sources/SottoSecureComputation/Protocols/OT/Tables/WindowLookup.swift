import SottoAlgebra
import SottoPreprocessing

/// From the opened difference of a secret to its mask, XOR-shared bits about where in a window the secret lies, and the bits
/// that public tables have for its cell: sums of indicators of the mask's digits, moved by the digits of the difference
/// (tables under masked indices: TinyTable, Damgård et al., CRYPTO 2017).
///
/// Exact but for the carry from below the cells, which is left out: a cell counts as the one before where it is lost.
/// - Communication: none.
struct WindowLookup: Primitive {
    let input: Int
    let count: Int
    let window: MaskedWindow
    /// How many of ``WindowFactor``.
    let factors: Int
    /// Bit planes of tables, each `2^indexBits` bits.
    let tables: [[UInt64]]
    let correlation: CorrelationHandle<MaskIndicators>
    let factorOutput: Int
    /// nil without tables.
    let tableOutput: Int?

    var label: String { "look-up" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [factorOutput] + (tableOutput.map { [$0] } ?? []) }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    var flops: Int { 0 }
    var work: LocalWork {
        LocalWork(kernel: label, elements: count * (factors + tables.count * max(1, (1 << window.indexBits) / 64)))
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, factors])
        encoder.append(window)
        encoder.append(tables.count)
        for table in tables { encoder.append(table.map { Int64(bitPattern: $0) }) }
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: window.width - 1)
        // In the clear the mask is zero.
        let layout = IndicatorLayout(count: count, digits: window.digits)
        let found = lookUp(
            values.map { $0.clamped(toBits: window.width) },
            layout.indicators(of: [UInt64](repeating: 0, count: count)), layout)
        state.set(factorOutput, bits: found.factors)
        if let tableOutput { state.set(tableOutput, bits: found.tables) }
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let difference = try state.ringWords().words(try state.masked(input).difference)
        let indicators = try state.take(correlation).products.bits[0]
        let found = lookUp(difference, indicators, IndicatorLayout(count: count, digits: window.digits))
        state.set(factorOutput, .bits(found.factors))
        if let tableOutput { state.set(tableOutput, .bits(found.tables)) }
        return []
    }

    /// Sums of indicators, which are shares where the indicators are.
    private func lookUp(
        _ differences: [UInt64], _ indicators: BitVector, _ layout: IndicatorLayout
    ) -> (factors: [BitVector], tables: [BitVector]) {
        let rowWords = max(1, (1 << window.indexBits) / 64)
        let tableCount = tables.count
        let planes = BitPlaneBuffer.filled(planes: factors + tableCount, count: count) { planes in
            // A row, and for every table a word of each of 64 elements.
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: rowWords + 64 * tableCount) { memory in
                memory.initialize(repeating: 0)
                let sums = memory.baseAddress! + rowWords
                var row = IndexRow(bits: window.indexBits, words: .init(rebasing: memory[..<rowWords]))
                indicators.words.withUnsafeBufferPointer { words in
                    tables.flatMap { $0 }.withUnsafeBufferPointer { tables in
                        for element in 0..<count {
                            let d = window.moved(differences[element])
                            row.load(
                                words, at: layout.starts[0] + element << window.indexBits,
                                movedBy: window.index.of(d))
                            let bits = factorBits(row, element, d, words, layout)
                            for factor in 0..<factors { planes.set(factor, element, bits >> UInt64(factor) & 1) }
                            let lane = element & 63
                            for table in 0..<tableCount {
                                sums[64 * table + lane] = row.sum(tables, from: table * rowWords)
                            }
                            guard lane == 63 || element == count - 1 else { continue }
                            for table in 0..<tableCount {
                                let lanes = sums + 64 * table
                                for unused in (lane + 1)..<64 { lanes[unused] = 0 }
                                planes.set(factors + table, word: element >> 6, toSumsOf: lanes)
                            }
                        }
                    }
                }
            }
        }
        return (Array(planes[..<factors]), Array(planes[factors...]))
    }

    /// The factors of an element, the first in the lowest bit.
    @inline(__always)
    private func factorBits(
        _ row: IndexRow, _ element: Int, _ d: UInt64, _ words: UnsafeBufferPointer<UInt64>, _ layout: IndicatorLayout
    ) -> UInt64 {
        let middle = DigitFactors(window.middle, layout.row(1, element, words), window.middle.of(d))
        let top = TopFactors(
            window.top, layout.row(2, element, words), window.top.of(d), middleMoves: middle.moves)
        let inside: UInt64 = row.carry | middle.zero << 1 | top.zero << 2 | middle.ones << 3
        let half: UInt64 = row.upperPlain << 5 | row.upperCarry << 6
        let rest: UInt64 = top.zeroAfterCarry << 4 | top.ones << 7 | middle.carry << 8 | top.sign << 9
        return inside | half | rest
    }
}

/// The indicators of an element's index, moved by the public part of the index.
private struct IndexRow {
    private let size: Int
    /// Bits beyond a short row are zero.
    private let words: UnsafeMutableBufferPointer<UInt64>
    private var moves = 0

    init(bits: Int, words: UnsafeMutableBufferPointer<UInt64>) {
        size = 1 << bits
        self.words = words
    }

    mutating func load(_ source: UnsafeBufferPointer<UInt64>, at first: Int, movedBy moves: UInt64) {
        self.moves = Int(moves)
        guard size > 32 else {
            let row = (source[first >> 6] >> UInt64(first & 63)) & Ring64.mask(size)
            words[0] = (row << moves | row >> (UInt64(size) - moves)) & Ring64.mask(size)
            return
        }
        let (shift, rest, last) = (self.moves >> 6, moves & 63, words.count - 1)
        for word in 0...last {
            let low = source[first >> 6 + (word - shift) & last]
            let high = source[first >> 6 + (word - shift - 1) & last]
            words[word] = low &<< rest | (high &>> 1) &>> (63 - rest)
        }
    }

    /// Of the indicators where a table, which begins somewhere in `tables`, has ones: a word whose bits are to be summed up.
    @inline(__always)
    func sum(_ tables: UnsafeBufferPointer<UInt64>, from first: Int) -> UInt64 {
        var sum: UInt64 = 0
        for word in 0..<words.count { sum ^= words[word] & tables[first + word] }
        return sum
    }

    /// Of those in a range.
    private func sum(from first: Int, to last: Int) -> UInt64 {
        guard first < last else { return 0 }
        var sum: UInt64 = 0
        for word in (first >> 6)...((last - 1) >> 6) {
            let (low, high) = (max(0, first - 64 * word), min(64, last - 64 * word))
            sum ^= words[word] & (Ring64.mask(high) ^ Ring64.mask(low))
        }
        return UInt64(sum.nonzeroBitCount & 1)
    }

    /// Below the move lie those that went around.
    var carry: UInt64 { sum(from: 0, to: moves) }
    var upperCarry: UInt64 { sum(from: size / 2, to: moves) }
    var upperPlain: UInt64 { sum(from: max(moves, size / 2), to: size) }
}

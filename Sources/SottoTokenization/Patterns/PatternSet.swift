/// What one character of a pattern may be.
struct PatternSet: Hashable, Sendable {
    /// A part of the set, as it is or all but it.
    enum Item: Hashable, Sendable {
        case range(ClosedRange<UInt32>)
        case named(CharacterClass, isNegated: Bool)
        case set(PatternSet)
    }

    private let items: [Item]
    private let isNegated: Bool
    /// The answers for ASCII.
    private let low: UInt64
    private let high: UInt64

    init(_ items: [Item], isNegated: Bool = false) {
        self.items = items
        self.isNegated = isNegated
        var bits: [UInt64] = [0, 0]
        for value in 0..<UInt32(128) where Self.contains(value, in: items) != isNegated {
            bits[Int(value >> 6)] |= 1 << UInt64(value & 63)
        }
        (low, high) = (bits[0], bits[1])
    }

    init(_ value: UInt32) { self.init([.range(value...value)]) }

    /// Everything but a line feed.
    static let anything = PatternSet([.range(0x0A...0x0A)], isNegated: true)

    @inline(__always)
    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return low >> UInt64(value) & 1 == 1 }
        if value < 128 { return high >> UInt64(value & 63) & 1 == 1 }
        return Self.contains(value, in: items) != isNegated
    }

    private static func contains(_ value: UInt32, in items: [Item]) -> Bool {
        for item in items {
            switch item {
            case .range(let range): if range.contains(value) { return true }
            case .named(let name, let isNegated): if name.contains(value) != isNegated { return true }
            case .set(let set): if set.contains(value) { return true }
            }
        }
        return false
    }

    /// The set for letters of either case.
    /// - Throws: ``PatternError`` where cases are not those of ASCII's letters.
    func ignoringCase() throws(PatternError) -> PatternSet {
        var widened = items
        var isWidened = false
        for item in items {
            switch item {
            case .range(let range):
                let more = try Self.otherCases(of: range)
                isWidened = isWidened || !more.isEmpty
                widened += more
            case .named(.categories, _): throw PatternError("\\p{...} where case is ignored")
            case .named: continue
            case .set: throw PatternError("a set within a set where case is ignored")
            }
        }
        guard !(isNegated && isWidened) else { throw PatternError("[^...] with letters where case is ignored") }
        return PatternSet(widened, isNegated: isNegated)
    }

    /// What the characters of a range are in the other case.
    private static func otherCases(of range: ClosedRange<UInt32>) throws(PatternError) -> [Item] {
        guard range.count <= 0x3000 else { throw PatternError("a wide range where case is ignored") }
        var others: [Item] = []
        for value in range {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            guard properties.isCased || properties.changesWhenCaseMapped else { continue }
            guard value < 0x80 else { throw PatternError("a letter that is not ASCII's where case is ignored") }
            others.append(.range((value ^ 0x20)...(value ^ 0x20)))
            // The long s and the sign of kelvin are an s and a k.
            if value | 0x20 == 0x73 { others.append(.range(0x17F...0x17F)) }
            if value | 0x20 == 0x6B { others.append(.range(0x212A...0x212A)) }
        }
        return others
    }
}

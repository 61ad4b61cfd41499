/// Byte-pair encoding: characters that are merged pair by pair, the pair first that was learned first.
struct BytePairEncoding: Sendable {
    /// A merge of two tokens.
    struct Merge: Sendable {
        let rank: UInt32
        let result: UInt32
    }

    /// What the model's file says beside vocabulary and merges.
    struct Options: Hashable, Sendable {
        /// The id for characters without a token.
        var unknown: Int?
        /// Whether a run of these gets one id.
        var fusesUnknown = false
        /// Whether the bytes of a character without a token stand for it.
        var fallsBackToBytes = false
        /// Whether a word that is a token is taken as it is.
        var ignoresMerges = false
    }

    let vocabulary: Vocabulary
    let options: Options
    private let merges: [UInt64: Merge]
    /// The tokens of one character.
    private let characters: [UInt32: UInt32]
    /// The tokens `<0x00>` to `<0xFF>`.
    private let bytes: [Int?]

    init(vocabulary: Vocabulary, merges: [UInt64: Merge], options: Options) {
        self.vocabulary = vocabulary
        self.merges = merges
        self.options = options
        var characters: [UInt32: UInt32] = [:]
        for (id, token) in vocabulary.tokens.enumerated() {
            let text = String(decoding: token, as: UTF8.self).unicodeScalars
            if let first = text.first, text.index(after: text.startIndex) == text.endIndex {
                characters[first.value] = UInt32(id)
            }
        }
        self.characters = characters
        bytes =
            options.fallsBackToBytes ? (UInt8.min...UInt8.max).map { vocabulary.id(of: Vocabulary.token(of: $0)) } : []
    }

    static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    /// The merges in the order in which they were learned.
    var orderedMerges: [(left: UInt32, right: UInt32)] {
        merges.sorted { $0.value.rank < $1.value.rank }
            .map { (UInt32($0.key >> 32), UInt32(truncatingIfNeeded: $0.key)) }
    }

    /// Appends the ids of a word.
    func encode(_ word: ArraySlice<UInt32>, into ids: inout [Int]) {
        if options.ignoresMerges, let id = vocabulary.id(of: word.utf8) { return ids.append(id) }
        let symbols = symbols(of: word)
        guard symbols.count > 1 else { return ids.append(contentsOf: symbols.map(Int.init)) }
        var merging = MergedWord(symbols)
        merging.merge(by: merges)
        merging.append(to: &ids)
    }

    /// The tokens before any merge.
    private func symbols(of word: ArraySlice<UInt32>) -> [UInt32] {
        var symbols: [UInt32] = []
        symbols.reserveCapacity(word.count)
        // An unknown character waits for the next known one, as in the library that is followed.
        var isUnknownPending = false
        for value in word {
            if let id = characters[value] {
                if isUnknownPending, let unknown = options.unknown { symbols.append(UInt32(unknown)) }
                isUnknownPending = false
                symbols.append(id)
                continue
            }
            if options.fallsBackToBytes {
                let fallback = CollectionOfOne(value).utf8.map { bytes[Int($0)] }
                if fallback.allSatisfy({ $0 != nil }) {
                    symbols += fallback.map { UInt32($0!) }
                    continue
                }
            }
            guard let unknown = options.unknown else { continue }
            if isUnknownPending, !options.fusesUnknown { symbols.append(UInt32(unknown)) }
            isUnknownPending = true
        }
        if isUnknownPending, let unknown = options.unknown { symbols.append(UInt32(unknown)) }
        return symbols
    }
}

/// The symbols of a word while pairs of them are merged: a linked list, and a heap of the pairs.
private struct MergedWord {
    private struct Candidate {
        /// The rank, then the place.
        let order: UInt64
        let result: UInt32
    }

    private var symbols: [UInt32]
    private var next: [Int32]
    private var previous: [Int32]
    private var isGone: [Bool]
    private var heap: [Candidate] = []

    init(_ symbols: [UInt32]) {
        self.symbols = symbols
        let count = Int32(symbols.count)
        next = (0..<count).map { $0 + 1 < count ? $0 + 1 : -1 }
        previous = (0..<count).map { $0 - 1 }
        isGone = Array(repeating: false, count: symbols.count)
    }

    mutating func merge(by merges: [UInt64: BytePairEncoding.Merge]) {
        for place in 0..<symbols.count - 1 { consider(place, merges) }
        while let top = pop() {
            let place = Int(top.order & 0xFFFF_FFFF)
            guard !isGone[place], next[place] >= 0 else { continue }
            let right = Int(next[place])
            // The pair may be another one by now.
            guard let merge = merges[BytePairEncoding.pair(symbols[place], symbols[right])], merge.result == top.result
            else { continue }
            symbols[place] = top.result
            isGone[right] = true
            next[place] = next[right]
            if next[place] >= 0 { previous[Int(next[place])] = Int32(place) }
            if previous[place] >= 0 { consider(Int(previous[place]), merges) }
            consider(place, merges)
        }
    }

    func append(to ids: inout [Int]) {
        var place: Int32 = 0
        while place >= 0 {
            ids.append(Int(symbols[Int(place)]))
            place = next[Int(place)]
        }
    }

    private mutating func consider(_ place: Int, _ merges: [UInt64: BytePairEncoding.Merge]) {
        guard next[place] >= 0,
            let merge = merges[BytePairEncoding.pair(symbols[place], symbols[Int(next[place])])]
        else { return }
        push(Candidate(order: UInt64(merge.rank) << 32 | UInt64(place), result: merge.result))
    }

    // MARK: The heap

    private mutating func push(_ candidate: Candidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].order < heap[parent].order else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> Candidate? {
        guard let top = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return top }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].order < heap[least].order {
                least = child
            }
            guard least != parent else { return top }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

#if os(Linux)
    import Foundation
    import SottoRandomness
    import Testing

    /// What is left of a seed in the process's own memory.
    @Suite struct SeedMemoryTests {
        /// A seed's bytes are only ever held under this mask here, from the first, so that the search does not find notes.
        private static let mask: UInt8 = 0xA5

        private static func masked() throws -> [UInt8] {
            try SystemEntropy.bytes(Seed.byteCount)
        }

        private static func seed(_ masked: [UInt8]) throws -> Seed {
            var bytes = masked.map { $0 ^ mask }
            return try Seed(wiping: &bytes)
        }

        private static func address(_ seed: Seed) -> UInt {
            seed.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        }

        /// The memory around an address, a part of a heap at least. Not what /proc/self/maps says: it is read in pieces, between
        /// which other threads move others' memory.
        private static func region(_ address: UInt) -> Range<UInt> {
            let (start, reach) = (address & ~UInt(page - 1), UInt(8 << 20))
            return (start > reach ? start - reach : 0)..<(start + reach)
        }

        private static let page = 4096

        /// How often the bytes occur in the memory. What is read lies on this thread's stack and is wiped: a copy on the heap
        /// would be found in its turn.
        private static func occurrences(_ masked: [UInt8], in region: Range<UInt>) throws -> Int {
            let memory = open("/proc/self/mem", O_RDONLY)
            guard memory >= 0 else { throw CocoaError(.fileReadUnknown) }
            defer { close(memory) }
            // A seed lies at a multiple of 16, so that none is cut by the end of a step. Pages may not be there, or other threads
            // may take them away meanwhile: each must cost no more than itself.
            // More than 1 KiB would be taken from the heap.
            let step = 1024
            return withUnsafeTemporaryAllocation(byteCount: step, alignment: 16) { bytes in
                defer { SecretMemory.wipe(bytes) }
                var found = 0
                for start in stride(from: region.lowerBound, to: region.upperBound, by: step) {
                    let count = pread(memory, bytes.baseAddress, step, off_t(start))
                    for place in 0..<max(0, count - masked.count + 1)
                    where bytes[place] ^ mask == masked[0] && bytes[place + 1] ^ mask == masked[1] {
                        if (0..<masked.count).allSatisfy({ bytes[place + $0] ^ mask == masked[$0] }) { found += 1 }
                    }
                }
                return found
            }
        }

        /// Also when copies, a generator and a set had it.
        @Test func nothingOfASeedIsLeftWhenItsLastCopyGoes() throws {
            let patterns = try (0..<8).map { _ in try Self.masked() }
            var seeds: [Seed] = try patterns.map(Self.seed)
            let regions = seeds.map { Self.region(Self.address($0)) }
            for (pattern, region) in zip(patterns, regions) {
                let found = try Self.occurrences(pattern, in: region)
                #expect(found >= 1, "the search finds what is there")
            }
            var copies: [Seed]? = seeds
            var set: Set<Seed>? = Set(seeds)
            for seed in seeds { _ = try PseudorandomGenerator(seed: seed, domain: 1).words(4) }
            seeds = []
            for (pattern, region) in zip(patterns, regions) {
                let found = try Self.occurrences(pattern, in: region)
                #expect(found >= 1, "the others still have it")
            }
            #expect(copies?.count == 8 && set?.count == 8)
            (copies, set) = (nil, nil)
            for (pattern, region) in zip(patterns, regions) {
                #expect(try Self.occurrences(pattern, in: region) == 0)
            }
        }

        @Test func bytesThatAreTakenAreWiped() throws {
            let masked = try Self.masked()
            var bytes = masked.map { $0 ^ Self.mask }
            let seed = try Seed(wiping: &bytes)
            #expect(bytes == [UInt8](repeating: 0, count: 16))
            #expect(seed.bytes == masked.map { $0 ^ Self.mask })
            var short: [UInt8] = [1, 2, 3]
            #expect(throws: RandomnessError.wrongSeedSize(actual: 3)) { try Seed(wiping: &short) }
            #expect(short == [0, 0, 0])
            var empty: [UInt8] = []
            SecretMemory.wipe(&empty)
            #expect(empty.isEmpty)
        }

        /// A seed equals itself: both sides are then one piece of memory.
        @Test func aSeedEqualsItself() throws {
            let seed = try SystemEntropy.seed()
            let copy = seed
            #expect(seed == copy && seed == seed && Set([seed, copy]).count == 1)
        }
    }
#endif

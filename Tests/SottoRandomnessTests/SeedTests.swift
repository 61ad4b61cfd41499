import SottoRandomness
import Testing

@Suite struct SeedTests {
    @Test func bytesRoundTrip() throws {
        let bytes = (0..<16).map { UInt8($0 * 16 + 1) }
        let seed = try Seed(bytes: bytes)
        #expect(seed.bytes == bytes)
        #expect(try seed == Seed(bytes: bytes))
        for index in 0..<16 {
            var changed = bytes
            changed[index] ^= 0x80
            #expect(try Seed(bytes: changed) != seed)
        }
    }

    @Test(arguments: [0, 1, 15, 17, 32]) func anotherSizeIsRefused(count: Int) {
        #expect(throws: RandomnessError.wrongSeedSize(actual: count)) {
            try Seed(bytes: [UInt8](repeating: 7, count: count))
        }
    }

    /// 0x77 is 119, and "w" as a character: none of these may appear, in any way of printing.
    @Test func nothingPrintsASeed() throws {
        let seed = try Seed(bytes: [UInt8](repeating: 0x77, count: 16))
        var dumped = ""
        dump([seed], to: &dumped)
        var dumpedInside = ""
        dump((name: 1, seed: seed), to: &dumpedInside)
        let prints = [
            "\(seed)", String(describing: seed), String(reflecting: seed), "\([seed])", "\(Optional(seed) as Any)",
            "\(["key": seed])", dumped, dumpedInside,
        ]
        let word = "\(0x7777_7777_7777_7777 as UInt64)"
        for text in prints {
            #expect(text.contains("redacted"))
            #expect(!text.contains("119") && !text.contains("77") && !text.contains(word))
        }
        #expect(Mirror(reflecting: seed).children.isEmpty)
    }
}

@Suite struct SeedSourceTests {
    @Test func anInsecureSourceRepeatsItselfAndNoSeed() throws {
        var seeds: Set<Seed> = []
        for number in [0, 1, 2, 1 << 63, .max] as [UInt64] {
            var source = InsecureSeededSource(number)
            var again = InsecureSeededSource(number)
            for _ in 0..<100 {
                let seed = try source.nextSeed()
                #expect(try again.nextSeed() == seed)
                seeds.insert(seed)
            }
        }
        #expect(seeds.count == 500)
    }

    /// What a seeded simulation gives must not change from one version to the next unnoticed: the first seed is the
    /// beginning of SHA-256 of the label, the number and the count of seeds given.
    @Test func anInsecureSourceIsADigest() throws {
        var source = InsecureSeededSource(0x0102)
        _ = try source.nextSeed()
        let input = Array("sotto insecure seed".utf8) + [2, 1, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0]
        #expect(try source.nextSeed().bytes == Array(Digest.sha256(input).prefix(16)))
    }

    @Test func copiesOfAnInsecureSourceAreIndependent() throws {
        var source = InsecureSeededSource(5)
        var copy = source
        let first = try source.nextSeed()
        _ = try source.nextSeed()
        #expect(try copy.nextSeed() == first)
    }

    @Test func systemSeedsDiffer() throws {
        var source = SystemSeedSource()
        let seeds = try Set((0..<200).map { _ in try source.nextSeed() } + [SystemEntropy.seed()])
        #expect(seeds.count == 201)
    }
}

@Suite struct SystemEntropyTests {
    @Test(arguments: [0, 1, 33, 1 << 20, 3 << 20 + 5]) func everySizeIsFilled(count: Int) throws {
        let bytes = try SystemEntropy.bytes(count)
        #expect(bytes.count == count)
        // A stretch of 4096 bytes that was left out would have no set bits; this one fails once in 10^13 times.
        for start in stride(from: 0, to: count - 4096, by: 4096) {
            let bits = bytes[start..<start + 4096].reduce(0) { $0 + $1.nonzeroBitCount }
            #expect(abs(bits - 16384) < 8 * 91)
        }
    }
}

@Suite struct DigestTests {
    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func knownAnswers(message: String, digest: String) throws {
        #expect(try Digest.sha256(Array(message.utf8)) == hexBytes(digest))
    }
}

@Suite struct RandomnessErrorTests {
    @Test func errorsSayWhatToDo() {
        #expect("\(RandomnessError.wrongSeedSize(actual: 3))".contains("3 bytes where 16"))
        let failure = "\(RandomnessError.openSSL(call: "RAND_bytes", code: 0))"
        #expect(failure.contains("RAND_bytes") && failure.contains("check that OpenSSL"))
    }
}

import Algebra
import Randomness
import Testing

@Test func counterModeStartsWithTheEncryptionOfZero() throws {
    // FIPS 197, the zero key and zero block.
    let generator = try PseudorandomGenerator(seed: Seed(bytes: [UInt8](repeating: 0, count: 16)), domain: 0)
    let expected: [UInt64] = [0x3b2c_8aef_d44b_e966, 0x2e2b_34ca_59fa_4c88]
    #expect(try generator.words(2) == expected)
    var a = InsecureSeededSource(1)
    var b = a
    #expect(try a.nextSeed() == b.nextSeed())
    var r = a
    let g = try PseudorandomGenerator(seed: r.nextSeed(), domain: 3)
    for width in 1...64 {
        for count in [0, 1, 3, 63, 64, 65, 200] {
            let e = try g.elements(count: count, width: width)
            let p = BitPacking.pack(e, width: width)
            #expect(try BitPacking.unpack(p, count: count, width: width) == e)
            #expect(BitPlanes.elements(from: BitPlanes.planes(of: e, width: width)) == e)
            if count > 3 {
                let all = try BitVector(count: count * width, bytes: p)
                for i in 0..<count * width { #expect(all[i] == (e[i / width] >> UInt64(i % width) & 1 == 1)) }
                let v = BitPlanes.planes(of: e, width: width)
                #expect(try BitVector.unpack(BitVector.pack(v), counts: v.map(\.count)) == v)
            }
        }
    }
}

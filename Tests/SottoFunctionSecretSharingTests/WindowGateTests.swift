import SottoAlgebra
import SottoFunctionSecretSharing
import SottoRandomness
import Testing

@Suite struct WindowGateTests {
    /// Every input under every mask: two numbers of the mask's lowest bits, times two of the difference's.
    @Test(arguments: [(6, 3, 0), (7, 4, 0), (7, 4, 2), (8, 5, 3), (8, 3, 1)])
    func everyInputUnderEveryMask(width: Int, windowBits: Int, droppedBits: Int) throws {
        let half = Int64(1) << Int64(width - 1)
        for start in [-half, -13, 0, 5 - half] {
            let gate = WindowGate(
                width: width, start: start, windowBits: windowBits, droppedBits: droppedBits, ring: 40)
            let pairs = (-half..<half).flatMap { x in (0..<UInt64(2 * half)).map { (x, $0) } }
            let (inputs, masks) = (pairs.map(\.0), pairs.map(\.1))
            let low: UInt64 = (1 << UInt64(windowBits)) - 1
            func secret(_ mask: UInt64, _ carry: Bool) -> UInt64 { (mask & low) &* (carry ? 3 : 5) &+ 7 }
            func shown(_ moved: UInt64, _ carry: Bool) -> UInt64 { (moved & low) &* (carry ? 11 : 13) &+ 1 }
            let batch = try ComparisonKeyBatch(
                gate.keyFormat, alphas: masks.map { $0 >> UInt64(droppedBits) },
                payloads: masks.flatMap { [secret($0, true), secret($0, false)] }, seed: 5)
            let opened = zip(inputs, masks).map { UInt64(bitPattern: $0) &- $1 }
            let moved = opened.map { gate.moved($0) }
            let factors = (carry: moved.map { shown($0, true) }, plain: moved.map { shown($0, false) })
            let shares = try ByParty { try gate.evaluate(opened, factors: factors, batch.keys($0)) }
            let ring: UInt64 = (1 << 40) - 1
            let wrong = inputs.indices.first { i in
                let result = (shares.server[i] &+ shares.client[i]) & ring
                let place = UInt64(bitPattern: inputs[i] &- start) & (2 * UInt64(half) - 1)
                let carry = (moved[i] & low) + (masks[i] & low) > low
                let product = place <= low ? secret(masks[i], carry) &* shown(moved[i], carry) & ring : 0
                let mayBeBelow = place < 1 << UInt64(droppedBits) && droppedBits > 0
                if place > low, place - low <= 1 << UInt64(droppedBits), droppedBits > 0 { return false }
                return result != product && !(mayBeBelow && result == 0)
            }
            #expect(wrong == nil, "start \(start): input \(wrong.map { inputs[$0] } ?? 0)")
        }
    }
}

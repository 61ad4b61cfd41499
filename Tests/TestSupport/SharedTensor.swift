/// A tensor together with a sharing of it in a ring of some width.
public struct SharedTensor: Sendable {
    public let values: [Int64]
    public let server: [Int64]
    public let client: [Int64]
    /// How it was made: a field makes shares of the same kind.
    let kind: Kind

    enum Kind: Sendable {
        case given, uniform, adversarial
    }

    public init(values: [Int64], server: [Int64], client: [Int64]) {
        self.init(values: values, server: server, client: client, kind: .given)
    }

    private init(values: [Int64], server: [Int64], client: [Int64], kind: Kind) {
        (self.values, self.server, self.client, self.kind) = (values, server, client, kind)
    }
}

extension SharedTensor {
    /// Uniform shares.
    public static func uniform(
        _ values: [Int64], width: Int, using generator: inout SeededGenerator
    ) -> SharedTensor {
        let width = min(width, 64)
        let mask = mask(width)
        let server = values.map { _ in generator.next() & mask }
        return SharedTensor(values: values, server: server, mask: mask, kind: .uniform)
    }

    /// Shares that are uniform or, one by one in turn, as awkward as they can be: nothing, one unit, the middle of the
    /// ring and its neighbours, all ones, the value itself, its complement. The bits above the ring's width are noise.
    public static func adversarial(
        _ values: [Int64], width: Int, using generator: inout SeededGenerator
    ) -> SharedTensor {
        let width = min(width, 64)
        let mask = mask(width)
        let middle: UInt64 = 1 << UInt64(width - 1)
        let server = values.enumerated().map { index, value -> UInt64 in
            let value = UInt64(bitPattern: value)
            let awkward: [UInt64] = [
                0, 1, middle, middle &- 1, middle &+ 1, mask, mask &- 1, value, value &+ middle, value &+ 1, ~value,
                value &- 1,
            ]
            let pick = (index * 7 + index / awkward.count) % (2 * awkward.count)
            return pick < awkward.count ? awkward[pick] & mask : generator.next() & mask
        }
        let shared = SharedTensor(values: values, server: server, mask: mask, kind: .adversarial)
        return SharedTensor(
            values: values, server: shared.server.map { noise($0, mask, &generator) },
            client: shared.client.map { noise($0, mask, &generator) }, kind: .adversarial)
    }

    /// Everything at one party.
    public static func held(_ values: [Int64], byServer: Bool) -> SharedTensor {
        let zeros = [Int64](repeating: 0, count: values.count)
        return SharedTensor(values: values, server: byServer ? values : zeros, client: byServer ? zeros : values)
    }

    private init(values: [Int64], server: [UInt64], mask: UInt64, kind: Kind) {
        self.init(
            values: values, server: server.map { Int64(bitPattern: $0) },
            client: zip(values, server).map { Int64(bitPattern: (UInt64(bitPattern: $0) &- $1) & mask) }, kind: kind)
    }

    private static func mask(_ width: Int) -> UInt64 { width >= 64 ? .max : (1 << UInt64(width)) - 1 }

    private static func noise(_ share: Int64, _ mask: UInt64, _ generator: inout SeededGenerator) -> Int64 {
        Int64(bitPattern: (UInt64(bitPattern: share) & mask) | (generator.next() & ~mask))
    }
}

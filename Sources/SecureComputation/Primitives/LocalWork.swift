import Algebra

/// What a party computes in a primitive, as far as times depend on it: which kernel, and on how many elements. With the
/// primitive's flops and the bytes of its rounds it lets a calibration predict seconds; bytes and rounds do not depend on
/// it.
public struct LocalWork: Sendable, Hashable {
    /// Primitives with the same kernel do the same to each element.
    public let kernel: String
    /// Elements that are read or written, in each round together.
    public let elements: Int

    public init(kernel: String, elements: Int) {
        self.kernel = kernel
        self.elements = elements
    }
}

extension MapTensor {
    public var work: LocalWork { LocalWork(kernel: map.kernel, elements: map.inputCount + map.outputCount) }
}

extension MapMasked {
    public var work: LocalWork { LocalWork(kernel: map.kernel, elements: 2 * (map.inputCount + map.outputCount)) }
}

extension Combine {
    public var work: LocalWork {
        LocalWork(kernel: label, elements: count * (terms.count { $0.factor != 1 } + terms.count + 1))
    }
}

extension Concatenate {
    public var work: LocalWork { LocalWork(kernel: label, elements: count) }
}

extension Input {
    public var work: LocalWork { LocalWork(kernel: label, elements: count) }
}

extension SharedInput {
    public var work: LocalWork { LocalWork(kernel: label, elements: count) }
}

extension AddServerTensor {
    public var work: LocalWork {
        LocalWork(kernel: label, elements: shape.reduce(1, *) + maps.reduce(0) { $0 + $1.inputCount + $1.outputCount })
    }
}

extension Opening {
    public var work: LocalWork { LocalWork(kernel: label, elements: count) }
}

extension MaskedOpening {
    public var work: LocalWork { LocalWork(kernel: label, elements: operands.reduce(0) { $0 + $1.count }) }
}

extension ClientMasking {
    public var work: LocalWork { LocalWork(kernel: label, elements: count) }
}

extension BeaverProduct {
    public var work: LocalWork { LocalWork(kernel: "multiply \(shape.kernel)", elements: shape.elements) }
}

extension ServerProduct {
    public var work: LocalWork {
        LocalWork(
            kernel: "multiply \(shape.kernel) of the server",
            elements: shape.elements + weightCount + maps.reduce(0) { $0 + $1.inputCount + $1.outputCount })
    }
}

extension Truncation {
    public var work: LocalWork { LocalWork(kernel: correlation == nil ? "shift" : "truncate", elements: count) }
}

extension Comparison {
    public var work: LocalWork { LocalWork(kernel: label, elements: count * (width + thresholds.count * width)) }
}

extension Selection {
    public var work: LocalWork {
        LocalWork(kernel: input == nil ? "convert bits" : label, elements: count * (table.thresholds + 1))
    }
}

extension LinearMap {
    fileprivate var kernel: String {
        switch self {
        case .slice: "slice"
        case .permute: "permute"
        case .packTriangle, .fillTriangle: "triangle"
        case .segmentSum: "sum rows"
        case .segmentBroadcast: "repeat along rows"
        case .pairElements, .placePairs, .placeLeftovers: "pair"
        }
    }
}

extension ProductShape {
    fileprivate var kernel: String {
        switch self {
        case .elementwise: "elements"
        case .matrix: "matrices"
        case .rowDots: "row by row"
        }
    }

    fileprivate var elements: Int { leftCount + rightCount + outputCount }
}

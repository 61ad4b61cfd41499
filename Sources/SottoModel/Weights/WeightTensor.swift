/// A dense tensor of single-precision weights, row-major.
public struct WeightTensor: Sendable, Hashable {
    /// The extents, outermost first; empty for a scalar.
    public let shape: [Int]
    /// The elements, as many as the product of ``shape``.
    public let values: [Float]

    /// A tensor of these elements.
    /// - Precondition: `values.count` is the product of `shape`.
    public init(shape: [Int], values: [Float]) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill shape \(shape)")
        self.shape = shape
        self.values = values
    }

    /// A tensor with one value everywhere.
    public init(shape: [Int], repeating value: Float) {
        self.init(shape: shape, values: [Float](repeating: value, count: shape.reduce(1, *)))
    }

    /// A tensor of rank 0.
    public init(scalar value: Float) {
        self.init(shape: [], values: [value])
    }

    /// The number of elements.
    public var count: Int { values.count }
}

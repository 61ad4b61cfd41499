/// What local work takes on a machine: nanoseconds for each unit of size, by kind of work.
public struct ComputeModel: Sendable, Hashable, Codable {
    public let coefficients: [String: [Double]]

    public init(coefficients: [String: [Double]]) { self.coefficients = coefficients }
}

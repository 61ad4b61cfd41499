extension PiecewisePolynomial: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, inputScale, comparisonScale, resultScale, knots, origins, coefficients, inputRange, domain
        case errorBound, relativeErrorBound, relativeErrorFloor
    }

    /// Decodes and validates; ``outputBound`` is derived again.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: values.decode(String.self, forKey: .name),
            inputScale: values.decode(Int.self, forKey: .inputScale),
            comparisonScale: values.decode(Int.self, forKey: .comparisonScale),
            resultScale: values.decode(Int.self, forKey: .resultScale),
            knots: values.decode([Int64].self, forKey: .knots),
            origins: values.decode([Int64].self, forKey: .origins),
            coefficients: values.decode([[Int64]].self, forKey: .coefficients),
            inputRange: values.decode(ClosedRange<Double>.self, forKey: .inputRange),
            domain: values.decode(ClosedRange<Double>.self, forKey: .domain),
            errorBound: values.decode(Double.self, forKey: .errorBound),
            relativeErrorBound: values.decodeIfPresent(Double.self, forKey: .relativeErrorBound),
            relativeErrorFloor: values.decodeIfPresent(Double.self, forKey: .relativeErrorFloor) ?? 0)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(inputScale, forKey: .inputScale)
        try values.encode(comparisonScale, forKey: .comparisonScale)
        try values.encode(resultScale, forKey: .resultScale)
        try values.encode(knots, forKey: .knots)
        try values.encode(origins, forKey: .origins)
        try values.encode(coefficients, forKey: .coefficients)
        try values.encode(inputRange, forKey: .inputRange)
        try values.encode(domain, forKey: .domain)
        try values.encode(errorBound, forKey: .errorBound)
        try values.encodeIfPresent(relativeErrorBound, forKey: .relativeErrorBound)
        try values.encode(relativeErrorFloor, forKey: .relativeErrorFloor)
    }
}

extension ScalarFunctionFitter {
    /// An exhaustive check of more inputs would take minutes.
    private static let mostInputs = 1 << 26

    func validate(_ specification: Specification) throws {
        guard (0...30).contains(inputScale), (0...inputScale).contains(comparisonScale),
            (0...PiecewisePolynomial.maximumDegree).contains(degree),
            degree * inputScale <= resultScale, resultScale <= 61
        else { throw ScalarFunctionFitterError.invalidScales }
        let unit = Double(sign: .plus, exponent: inputScale, significand: 1)
        let domain = specification.domain
        let largest = max(abs(domain.lowerBound), abs(domain.upperBound)) * unit
        guard largest < 0x1p53, domain.lowerBound < domain.upperBound,
            (domain.upperBound - domain.lowerBound) * unit <= Double(Self.mostInputs)
        else { throw ScalarFunctionFitterError.invalidDomain }
        let range = specification.inputRange
        guard specification.left != .none || range.lowerBound == domain.lowerBound,
            specification.right != .none || range.upperBound == domain.upperBound
        else { throw ScalarFunctionFitterError.missingTail }
        try validate(specification.left)
        try validate(specification.right)
        guard specification.tolerance.isValid else { throw ScalarFunctionFitterError.invalidTolerance }
    }

    private func validate(_ tail: Tail) throws {
        guard let (intercept, slope) = tail.line else { return }
        let limit = Double(sign: .plus, exponent: 62 - resultScale, significand: 1)
        guard abs(intercept) < limit, abs(slope) < limit, slope == 0 || degree > 0 else {
            throw ScalarFunctionFitterError.invalidTail
        }
    }

    /// Every input at the input scale; between two of them a pole shows as an unreachable tolerance.
    func requireFinite(_ exact: (Double) -> Double, over domain: ClosedRange<Double>) throws {
        let unit = Double(sign: .plus, exponent: inputScale, significand: 1)
        let first = Int64((domain.lowerBound * unit).rounded(.up))
        let last = Int64((domain.upperBound * unit).rounded(.down))
        guard first < last else { throw ScalarFunctionFitterError.invalidDomain }
        for raw in first...last where !exact(Double(raw) / unit).isFinite {
            throw ScalarFunctionFitterError.notFinite(at: Double(raw) / unit)
        }
    }
}

extension ScalarFunctionFitter.Tail {
    /// Intercept and slope, or nil for `.none`.
    var line: (intercept: Double, slope: Double)? {
        switch self {
        case .none: nil
        case .constant(let value): (value, 0)
        case .linear(let slope, let intercept): (intercept, slope)
        }
    }
}

extension ScalarFunctionFitter.Tolerance {
    fileprivate var isValid: Bool {
        switch self {
        case .absolute(let error): error > 0 && error.isFinite
        case .relative(let error, let floor): error > 0 && error.isFinite && floor >= 0 && floor.isFinite
        }
    }
}

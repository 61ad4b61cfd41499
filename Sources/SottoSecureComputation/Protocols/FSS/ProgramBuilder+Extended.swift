import SottoAlgebra

// Products of opened values in wider rings than they were opened in, for suites that have them.

extension ProgramBuilder {
    /// Bits of the narrowest ring in which what is opened can be extended: the sign's and one to spare.
    static func widthForExtension(_ magnitude: Double) -> Int { max(3, bits(magnitude) + 2) }

    /// `x` in that ring.
    func narrowedForExtension(_ x: Secret) throws -> Secret {
        let width = Self.widthForExtension(x.magnitude)
        guard width <= min(63, x.width) else {
            throw ProgramError.headroom(path: path("open-masked"), needed: width, available: min(63, x.width))
        }
        return x.narrowed(to: width)
    }

    /// The products, element by element, of `x`, opened for extension, with `y`, in the ring of `y`.
    func multiplyExtended(_ x: MaskedSecret, _ y: MaskedSecret, bound: Double) throws -> Secret {
        guard x.count == y.count else {
            throw ProgramError.shape(path: path("multiply"), expected: "\(x.shape)", got: "\(y.shape)")
        }
        let scale = x.scale + y.scale
        let magnitude = min(x.magnitude * y.magnitude, scaled(bound, by: scale))
        try checkHeadroom(magnitude, width: y.width, "multiply")
        let output = Secret(
            slot: newSlot(elements: x.count), shape: x.shape, scale: scale, magnitude: magnitude, width: y.width)
        try emit(
            ExtendedProduct(
                left: x.slot, right: y.slot,
                correlation: newCorrelation(
                    ExtendedProductCorrelation(
                        left: x.view, leftWidth: x.width, right: y.view, count: x.count, width: y.width)),
                output: output.slot))
        return output
    }

    /// The sums by row of the squares of `x` without its lowest bits, for an `x` opened for extension, in a ring of `width` bits.
    func sumsOfSquares(
        _ x: MaskedSecret, rows: Int, columns: Int, droppedBits: Int, width: Int, magnitude: Double
    ) throws -> Secret {
        guard x.count == rows * columns else {
            throw ProgramError.shape(path: path("square"), expected: "[\(rows), \(columns)]", got: "\(x.shape)")
        }
        try checkHeadroom(magnitude, width: width, "square")
        let output = Secret(
            slot: newSlot(elements: rows), shape: [rows], scale: 2 * (x.scale - droppedBits), magnitude: magnitude,
            width: width)
        try emit(
            ExtendedSquares(
                input: x.slot, rows: rows, columns: columns,
                correlation: newCorrelation(
                    ExtendedSquaresCorrelation(
                        mask: x.view, count: x.count, maskWidth: x.width, droppedBits: droppedBits, width: width)),
                output: output.slot))
        return output
    }
}

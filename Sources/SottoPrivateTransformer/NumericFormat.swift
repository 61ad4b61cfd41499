/// Scales of every program: 16 fraction bits for activations and for weights. Magnitudes are the architecture's
/// ``Bounds``. They are properties of the program, not of any weights.
package struct NumericFormat: Sendable, Hashable {
    package let fractionBits = 16
    package let weightFractionBits = 16
    /// Bits of raw magnitudes that encoded weights stay below. Products are computed modulo the ring, so that only their
    /// results need bounds; this is what leaves a sum of products of weights with activations within reach of a double.
    package let weightMagnitudeBits = 44

    package init() {}

    /// Scale of products of an activation with a weight, or of two activations.
    var productScale: Int { fractionBits + weightFractionBits }

    /// Bits of raw magnitudes that inputs of at most `bound` stay below.
    func magnitudeBits(bound: Double) -> Int {
        Int((bound * Double(sign: .plus, exponent: fractionBits, significand: 1)).rounded(.up).exponent) + 1
    }
}

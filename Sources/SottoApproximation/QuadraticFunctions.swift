// Made by QuadraticFunctions.regenerate(); a test compares. Change the specifications instead.

extension QuadraticFunctions {
    /// Every stored function.
    public static var all: [PiecewisePolynomial] {
        [gelu, geluNew, silu]
    }

    /// `x * Phi(x)`, with the tails 0 and x outside [-8.0, 8.0].
    /// 11 knots, degree 2; absolute error at most 0.000662.
    public static let gelu = PiecewisePolynomial(
        trustedName: "gelu", inputScale: 12, comparisonScale: 4, resultScale: 32,
        knots: [
            -57, -39, -22, -14, -7, 7, 13, 19,
            26, 44, 60,
        ],
        origins: [
            0, -12416, -7936, -4736, -2816, -128, 2432, 3968,
            5632, 8832, 13184, 0,
        ],
        coefficients: [
            [0, 0, 0],
            [-15_541_248, -14654, -4],
            [-221_016_064, -94239, -12],
            [-614_889_472, -111584, 18],
            [-725_927_936, 37201, 61],
            [-63_390_208, 499380, 98],
            [1_845_569_536, 962538, 70],
            [3_468_687_360, 1_123_009, 34],
            [5_405_992_448, 1_179_672, 3],
            [9_116_071_936, 1_122_218, -12],
            [13_816_240_128, 1_057_438, -3],
            [0, 1_048_576, 0],
        ],
        inputRange: -4096.0...4096.0, domain: -8.0...8.0,
        errorBound: 0.000662, relativeErrorBound: nil,
        relativeErrorFloor: 0.0, outputBound: 4096.0)

    /// GELU in the form with tanh, with the tails 0 and x outside [-8.0, 8.0].
    /// 11 knots, degree 2; absolute error at most 0.000643.
    public static let geluNew = PiecewisePolynomial(
        trustedName: "geluNew", inputScale: 12, comparisonScale: 4, resultScale: 32,
        knots: [
            -56, -40, -22, -14, -7, 7, 13, 19,
            26, 44, 60,
        ],
        origins: [
            0, -12416, -8064, -4736, -2816, -128, 2432, 3968,
            5632, 8832, 13184, 0,
        ],
        coefficients: [
            [0, 0, 0],
            [-13_965_312, -13759, -4],
            [-208_847_872, -91769, -12],
            [-615_723_008, -111283, 18],
            [-726_175_744, 37422, 61],
            [-63_400_960, 499387, 98],
            [1_845_420_032, 962298, 70],
            [3_468_081_664, 1_122_659, 34],
            [5_405_045_248, 1_179_720, 3],
            [9_116_944_384, 1_122_933, -12],
            [13_817_584_128, 1_057_033, -3],
            [0, 1_048_576, 0],
        ],
        inputRange: -4096.0...4096.0, domain: -8.0...8.0,
        errorBound: 0.000643, relativeErrorBound: nil,
        relativeErrorFloor: 0.0, outputBound: 4096.0)

    /// `x / (1 + e^-x)`, with the tails 0 and x outside [-12.0, 12.0].
    /// 15 knots, degree 2; absolute error at most 0.000699.
    public static let silu = PiecewisePolynomial(
        trustedName: "silu", inputScale: 12, comparisonScale: 4, resultScale: 32,
        knots: [
            -153, -114, -81, -44, -29, -18, -7, 10,
            19, 28, 40, 64, 90, 122, 161,
        ],
        origins: [
            0, -34304, -25088, -16128, -9472, -6144, -3328, 256,
            3584, 5888, 8576, 13184, 19584, 27008, 36096, 0,
        ],
        coefficients: [
            [0, 0, 0],
            [-10_902_528, -2137, 0],
            [-58_569_728, -13015, -1],
            [-324_701_184, -59113, -4],
            [-895_712_256, -100509, 2],
            [-1_175_201_792, -38292, 20],
            [-1_072_694_272, 146388, 46],
            [140_029_952, 555932, 62],
            [2_652_698_112, 926574, 43],
            [4_989_114_368, 1_077_477, 22],
            [8_005_816_320, 1_144_827, 5],
            [13_291_247_616, 1_132_011, -4],
            [20_365_037_568, 1_082_577, -3],
            [28_282_386_944, 1_057_464, -1],
            [37_841_959_424, 1_050_044, 0],
            [0, 1_048_576, 0],
        ],
        inputRange: -4096.0...4096.0, domain: -12.0...12.0,
        errorBound: 0.000699, relativeErrorBound: nil,
        relativeErrorFloor: 0.0, outputBound: 4096.0)
}

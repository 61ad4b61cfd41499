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
    /// 17 knots, degree 2; absolute error at most 0.000721.
    public static let silu = PiecewisePolynomial(
        trustedName: "silu", inputScale: 12, comparisonScale: 4, resultScale: 31,
        knots: [
            -152, -113, -94, -68, -37, -24, -14, -3,
            10, 19, 28, 39, 64, 81, 103, 122,
            163,
        ],
        origins: [
            0, -34048, -26624, -20864, -13568, -7936, -4992, -2304,
            768, 3584, 5888, 8448, 13056, 18432, 23424, 28672,
            36352, 0,
        ],
        coefficients: [
            [0, 0, 0],
            [-5_755_392, -1127, 0],
            [-22_379_008, -4500, 0],
            [-67_598_848, -13718, -1],
            [-251_137_024, -39935, -2],
            [-523_983_872, -43484, 4],
            [-597_102_592, 9510, 15],
            [-438_330_880, 124364, 27],
            [220_457_984, 309712, 31],
            [1_326_130_176, 463189, 22],
            [2_494_557_184, 538738, 11],
            [3_929_345_792, 571816, 3],
            [6_573_142_528, 566517, -2],
            [9_558_329_344, 544538, -2],
            [12_241_599_232, 532740, -1],
            [15_017_725_952, 527276, 0],
            [19_055_302_656, 524996, 0],
            [0, 524288, 0],
        ],
        inputRange: -4096.0...4096.0, domain: -12.0...12.0,
        errorBound: 0.000721, relativeErrorBound: nil,
        relativeErrorFloor: 0.0, outputBound: 4096.0)
}

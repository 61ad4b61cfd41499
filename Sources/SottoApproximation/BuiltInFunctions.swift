// Made by BuiltInFunctions.regenerate(); a test compares. Change the specifications instead.

extension BuiltInFunctions {
    /// Every stored function.
    public static var all: [PiecewisePolynomial] {
        [gelu, geluNew, silu, exponential, reciprocal, inverseSquareRoot]
    }

    /// `x * Phi(x)`. Outside [-8, 8] the tails 0 and x miss it by less than 1e-14; what remains on the right
    /// is the truncation of the input.
    /// 7 knots, degree 3; absolute error at most 0.000298.
    public static let gelu = PiecewisePolynomial(
        trustedName: "gelu", inputScale: 13, comparisonScale: 5, resultScale: 49,
        knots: [
            -121, -52, -19, 7, 47, 77, 127,
        ],
        origins: [
            0, -22272, -9216, -1664, 6784, 15744, 25984, 0,
        ],
        coefficients: [
            [0, 0, 0, 0],
            [-4_937_132_015_616, -1_702_428_672, -236340, -12],
            [-82_662_685_409_280, -7_391_117_312, 716632, 106],
            [-47_840_768_294_912, 23_401_349_120, 3_122_088, 49],
            [371_172_818_550_784, 70_742_056_960, 1_567_452, -121],
            [1_052_287_254_396_928, 75_175_190_528, -404296, -10],
            [1_784_352_316_850_176, 69_229_629_440, -107040, 9],
            [0, 68_719_476_736, 0, 0],
        ],
        inputRange: -4096.0...4096.0, domain: -8.0...8.0,
        errorBound: 0.000298, relativeErrorBound: nil,
        relativeErrorFloor: 0.0, outputBound: 4096.0)

    /// GELU in the form with tanh. Outside [-8, 8] the tails 0 and x miss it by less than 1e-14; what remains
    /// on the right is the truncation of the input.
    /// 7 knots, degree 3; absolute error at most 0.000297.
    public static let geluNew = PiecewisePolynomial(
        trustedName: "geluNew", inputScale: 13, comparisonScale: 5, resultScale: 49,
        knots: [
            -118, -53, -20, 6, 47, 77, 125,
        ],
        origins: [
            0, -22016, -9472, -1920, 6656, 15744, 25728, 0,
        ],
        coefficients: [
            [0, 0, 0, 0],
            [-5_136_915_103_744, -1_832_517_632, -250034, -12],
            [-80_845_041_827_840, -7_687_864_320, 640240, 102],
            [-53_620_888_305_664, 21_773_549_568, 3_080_172, 56],
            [362_088_123_858_944, 70_315_274_240, 1_614_319, -121],
            [1_052_304_098_721_792, 75_226_013_696, -402054, -10],
            [1_766_818_515_517_440, 69_244_870_656, -115218, 10],
            [0, 68_719_476_736, 0, 0],
        ],
        inputRange: -4096.0...4096.0, domain: -8.0...8.0,
        errorBound: 0.000297, relativeErrorBound: nil,
        relativeErrorFloor: 0.0, outputBound: 4096.0)

    /// `x / (1 + e^-x)`. Outside [-12, 12] the tails 0 and x miss it by less than 8e-5; the rest on the right
    /// is the truncation of the input.
    /// 11 knots, degree 3; absolute error at most 0.000282.
    public static let silu = PiecewisePolynomial(
        trustedName: "silu", inputScale: 13, comparisonScale: 5, resultScale: 49,
        knots: [
            -338, -221, -134, -74, -29, 7, 63, 104,
            212, 289, 383,
        ],
        origins: [
            0, -71680, -45568, -26752, -13312, -2944, 8832, 21248,
            40320, 64000, 85888, 0,
        ],
        coefficients: [
            [0, 0, 0, 0],
            [-724_305_969_152, -113_364_992, -5679, 0],
            [-11_885_516_685_312, -1_157_120_000, -60186, -2],
            [-67_741_029_498_880, -5_434_441_728, -134659, 2],
            [-150_645_508_145_152, -4_038_090_752, 558350, 40],
            [-83_043_024_896_000, 22_299_664_384, 1_919_314, 26],
            [452_851_553_796_096, 65_244_987_392, 1_169_451, -48],
            [1_358_537_213_083_648, 75_485_016_064, -43633, -12],
            [2_750_811_293_614_080, 70_656_913_408, -89185, 2],
            [4_396_288_225_312_768, 68_934_344_704, -10866, 0],
            [5_902_018_933_686_272, 68_741_933_056, -1180, 0],
            [0, 68_719_476_736, 0, 0],
        ],
        inputRange: -4096.0...4096.0, domain: -12.0...12.0,
        errorBound: 0.000282, relativeErrorBound: nil,
        relativeErrorFloor: 0.0, outputBound: 4096.0)

    /// `e^x` for x up to 2^-4, as softmax needs it after an approximate maximum is subtracted. Left of -24 the
    /// tail 0 misses it by less than 4e-11.
    /// 15 knots, degree 3; error at most 0.000175 of the result or of 0.0009765625, whichever is larger.
    public static let exponential = PiecewisePolynomial(
        trustedName: "exponential", inputScale: 14, comparisonScale: 5, resultScale: 60,
        knots: [
            -499, -398, -350, -293, -256, -228, -205, -182,
            -159, -136, -113, -90, -67, -44, -21,
        ],
        origins: [
            0, -229888, -191744, -164864, -140800, -124160, -111104, -99328,
            -87552, -75776, -64000, -52224, -40448, -28672, -16896, -5120,
        ],
        coefficients: [
            [0, 0, 0, 0],
            [858_053_935_104, 76_683_264, 2234, 0],
            [9_496_709_562_368, 625_471_488, 18869, 0],
            [48_986_719_256_576, 2_990_059_520, 98123, 2],
            [213_407_798_132_736, 13_045_309_440, 411180, 8],
            [589_603_446_718_464, 35_977_822_208, 1_117_921, 23],
            [1_308_263_480_033_280, 79_859_949_568, 2_466_601, 50],
            [2_684_397_778_108_416, 163_896_033_280, 5_058_660, 101],
            [5_508_022_021_390_336, 336_298_049_536, 10_380_176, 207],
            [11_301_732_382_408_704, 690_033_000_448, 21_298_216, 425],
            [23_189_652_638_793_728, 1_415_836_729_344, 43_700_832, 873],
            [47_582_088_320_253_952, 2_905_112_576_000, 89_667_104, 1791],
            [97_632_118_535_880_704, 5_960_919_678_976, 183_983_360, 3674],
            [200_328_106_592_960_512, 12_231_003_602_944, 377_508_352, 7539],
            [411_046_580_888_535_040, 25_096_370_520_064, 774_597_888, 15470],
            [843_412_846_858_469_376, 51_494_434_897_920, 1_589_368_320, 31741],
        ],
        inputRange: -8192.0...0.0625, domain: -24.0...0.0625,
        errorBound: 0.000174, relativeErrorBound: 0.000175,
        relativeErrorFloor: 0.0009765625, outputBound: 1.0643855016678572)

    /// `1 / x` after a range reduction to [1, 2], and 2^-8 beyond on both sides.
    /// 3 knots, degree 3; error at most 1.49e-05 of the result.
    public static let reciprocal = PiecewisePolynomial(
        trustedName: "reciprocal", inputScale: 17, comparisonScale: 6, resultScale: 60,
        knots: [
            76, 90, 107,
        ],
        origins: [
            143104, 168960, 200704, 239872,
        ],
        coefficients: [
            [1_055_977_347_489_988_608, -7_378_972_966_912, 51_966_880, -364],
            [894_379_630_327_234_560, -5_293_408_124_928, 31_594_720, -187],
            [752_921_455_049_572_352, -3_751_372_521_472, 18_851_488, -94],
            [629_978_160_082_976_768, -2_626_316_140_544, 11_050_144, -46],
        ],
        inputRange: 0.99609375...2.00390625, domain: 0.99609375...2.00390625,
        errorBound: 1.47e-05, relativeErrorBound: 1.49e-05,
        relativeErrorFloor: 0.0, outputBound: 1.0039146120489022)

    /// `1 / sqrt(x)` after a range reduction to [1, 4], and 2^-8 beyond on both sides.
    /// 4 knots, degree 3; error at most 2.17e-05 of the result.
    public static let inverseSquareRoot = PiecewisePolynomial(
        trustedName: "inverseSquareRoot", inputScale: 16, comparisonScale: 5, resultScale: 60,
        knots: [
            42, 55, 73, 97,
        ],
        origins: [
            75648, 98304, 130048, 173056, 229504,
        ],
        coefficients: [
            [1_073_088_684_028_329_984, -7_092_116_652_032, 71_298_752, -792],
            [941_341_532_886_138_880, -4_787_529_318_400, 37_106_304, -317],
            [818_427_454_434_574_336, -3_146_405_117_952, 18_449_856, -119],
            [709_477_787_836_088_320, -2_049_629_224_960, 9_031_032, -44],
            [616_080_326_665_437_184, -1_342_277_156_864, 4_457_076, -16],
        ],
        inputRange: 0.99609375...4.00390625, domain: 0.99609375...4.00390625,
        errorBound: 1.91e-05, relativeErrorBound: 2.17e-05,
        relativeErrorFloor: 0.0, outputBound: 1.0019474251994325)
}

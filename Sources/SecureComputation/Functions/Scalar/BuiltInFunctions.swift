// Made by BuiltInFunctions.regenerate(); a test compares. Change the specifications instead.

extension BuiltInFunctions {
    /// Every stored function.
    public static var all: [PiecewisePolynomial] {
        [gelu, geluNew, exponential, reciprocal, inverseSquareRoot]
    }

    /// 7 knots, degree 3, absolute error at most 0.000298.
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

    /// 7 knots, degree 3, absolute error at most 0.000297.
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

    /// 15 knots, degree 3, relative error at most 0.000175 of max(|y|, 0.0009765625).
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

    /// 3 knots, degree 3, relative error at most 1.37e-05.
    public static let reciprocal = PiecewisePolynomial(
        trustedName: "reciprocal", inputScale: 17, comparisonScale: 8, resultScale: 60,
        knots: [
            302, 359, 429,
        ],
        origins: [
            142592, 168960, 201472, 240896,
        ],
        coefficients: [
            [1_059_770_149_357_223_936, -7_432_000_241_664, 52_498_832, -370],
            [894_380_658_971_901_952, -5_293_402_750_976, 31_576_920, -187],
            [750_051_688_898_887_680, -3_722_752_425_984, 18_632_840, -93],
            [627_301_225_078_980_608, -2_604_086_263_808, 10_902_124, -45],
        ],
        inputRange: 0.99609375...2.00390625, domain: 0.99609375...2.00390625,
        errorBound: 1.33e-05, relativeErrorBound: 1.37e-05,
        relativeErrorFloor: 0.0, outputBound: 1.003916281239981)

    /// 4 knots, degree 3, relative error at most 1.82e-05.
    public static let inverseSquareRoot = PiecewisePolynomial(
        trustedName: "inverseSquareRoot", inputScale: 17, comparisonScale: 8, resultScale: 60,
        knots: [
            339, 451, 592, 784,
        ],
        origins: [
            152064, 201984, 266752, 352000, 462848,
        ],
        coefficients: [
            [1_070_373_444_358_504_448, -3_519_303_385_088, 17_618_080, -97],
            [928_730_705_746_198_528, -2_298_871_414_784, 8_666_840, -36],
            [808_154_292_094_500_864, -1_514_411_524_096, 4_324_328, -14],
            [703_519_620_224_516_096, -999_463_583_744, 2_163_322, -5],
            [613_521_797_467_340_800, -662_678_142_976, 1_089_093, -2],
        ],
        inputRange: 0.99609375...4.00390625, domain: 0.99609375...4.00390625,
        errorBound: 1.76e-05, relativeErrorBound: 1.82e-05,
        relativeErrorFloor: 0.0, outputBound: 1.0019451353291515)
}

import SottoReporting
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.00 kB"), (9994, "9.99 kB"), (9995, "10.0 kB"),
        (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"), (12_345_678, "12.3 MB"),
        (1_500_000_000, "1.50 GB"), (Int.max, "9223 PB"),
    ])
    func bytesHaveThreeDigits(count: Int, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(arguments: [
        (0.0, "0 s"), (0.000_012_3, "12.3 µs"), (0.25, "250 ms"), (1, "1.00 s"), (95.24, "95.2 s"), (599, "599 s"),
        (1234, "20.6 min"),
        (45_402, "12.6 h"), (9.2e9, "2555556 h"), (Double(Int.max) / 1e9, "above 292 years"),
        (.infinity, "above 292 years"),
    ])
    func secondsHaveThreeDigits(seconds: Double, text: String) {
        #expect(Quantity.seconds(seconds) == text)
    }

    @Test func sharesOfNothingAreNone() {
        #expect(Quantity.share(1, of: 0) == "-")
        #expect(Quantity.share(1, of: 3) == "33.3 %")
    }

    @Test func fractionsAreShares() {
        #expect(Quantity.percent(0.1234) == "12.3 %")
        #expect(Quantity.percent(1) == "100.0 %")
    }

    @Test(arguments: [(0.5, "500 kbit/s"), (100, "100 Mbit/s"), (36_800, "36.8 Gbit/s")])
    func ratesHaveThreeDigits(rate: Double, text: String) {
        #expect(Quantity.rate(megabitsPerSecond: rate) == text)
    }
}

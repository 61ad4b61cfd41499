import SottoCostModel
import SottoPrivateTransformer
import Testing

@Suite struct NetworkTests {
    @Test(arguments: [
        ("lan", "lan", 1000, 0.5), ("WAN", "wan", 100, 80), ("loopback", "loopback", 36_800, 0.063),
        ("300Mbps,40ms", "300Mbps,40ms", 300, 40), ("1.5Gbps,250us", "1.5Gbps,250us", 1500, 0.25),
        ("64kbps,2s", "64kbps,2s", 0.064, 2000), ("10gbps,0ms", "10gbps,0ms", 10_000, 0),
        ("1kbps,100s", "1kbps,100s", 0.001, 100_000), ("1000Gbps,0.001us", "1000Gbps,0.001us", 1e6, 1e-6),
    ])
    func understood(argument: String, name: String, rate: Double, rtt: Double) throws {
        let network = try Network(argument: argument)
        #expect(network.name == name)
        #expect(abs(network.megabitsPerSecond - rate) <= 1e-12 * rate)
        #expect(abs(network.rttMilliseconds - rtt) <= 1e-12 * rtt)
    }

    @Test(arguments: [
        "", ",", "moon", "100Mbps", "40ms", "40ms,100Mbps", "100Mbps,40ms,", "100Mbps;40ms", "-1Mbps,40ms",
        "1Mbps,-4ms",
        "Mbps,ms", "1e3Mbps,1ms", "0x10Mbps,1ms", "1.Mbps,1ms", ".5Mbps,1ms", "1..5Mbps,1ms", "100 Mbps,1ms",
        "nanMbps,1ms",
        "infMbps,1ms", "١Mbps,1ms", "100Mbps,40 ms", "100Mbit,40ms", "lan,wan", " lan",
    ])
    func nonsenseIsRefusedWithTheChoices(argument: String) {
        let error = #expect(throws: NetworkError.malformed(argument)) { try Network(argument: argument) }
        for choice in ["lan", "wan", "loopback", "300Mbps,40ms"] {
            #expect(error?.description.contains(choice) == true)
        }
    }

    @Test(arguments: ["0Mbps,1ms", "0.9kbps,1ms", "1001Gbps,1ms", "1Mbps,101s", "99999999999999999999999999Gbps,1ms"])
    func extremesAreRefused(argument: String) {
        #expect(throws: NetworkError.outOfRange(argument)) { try Network(argument: argument) }
    }

    /// Nanoseconds end at 292 years, in every phase of a report.
    @Test func timesOfAgesAreSaid() throws {
        let ages = Network(name: "ages", megabitsPerSecond: 1e-12, rttMilliseconds: 1)
        let program = try ForwardPass(architecture: Small.architecture("SM+LN+G"), new: 4, output: .all).program(
            target: .standard)
        var session = SessionCost(networks: [ages])
        session.recordSetup(of: program)
        session.record(program)
        let text = session.report(Small.configuration()).rendered()
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ages") })
        #expect(line.ranges(of: "above 292 years").count == 3, "\(line)")
    }
}

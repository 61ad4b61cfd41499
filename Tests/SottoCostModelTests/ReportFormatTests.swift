import Foundation
import SottoAlgebra
import SottoCostModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions
import Testing

@Suite struct ReportFormatTests {
    private func estimate() throws -> CostReport {
        let program = try ForwardPass(architecture: Small.architecture("SM+LN+G"), new: 3, output: .all).program(
            target: .standard)
        var session = SessionCost()
        session.recordSetup(of: program)
        session.record(program)
        return session.report(Small.configuration("a \"model\""))
    }

    private func measured() throws -> CostReport {
        let program = try Small.openings(parallel: true)
        var session = SessionCost()
        session.recordSetup(of: program, sent: .zero, seconds: 0.25)
        var trace = CostInterpreter().run(program).trace
        for index in 0..<program.instructionCount {
            for party in 0...1 { trace.times[party][index] = InstructionTimes(steps: [62_500_000 >> party]) }
        }
        session.record(program, trace: trace)
        var report = session.report(
            CostReport.Configuration(
                model: "m", architecture: "SM", target: .standard, context: 4, positions: "last", insecure: true))
        report.accuracy = .init(maxAbsError: 0.5, meanAbsError: 0.25, top1Agreement: 1)
        report.completion = .init(prompt: "a", private: "b", plaintext: "c", tokens: [98], secondsToFirstToken: 1.5)
        report.peakMemoryBytes = [1_000_000, 2_500_000]
        report.wireOverheadBytes = [10, 20]
        return report
    }

    private func object(_ report: CostReport) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any])
    }

    @Test func keysAndTypesAreThoseOfTheContract() throws {
        let json = try object(estimate())
        #expect(
            Set(json.keys) == [
                "schema_version", "model", "architecture", "protocol", "preprocessing", "domain", "context",
                "positions",
                "inferences", "insecure", "totals", "operations", "latency",
            ])
        #expect(json["schema_version"] as? Int == 1)
        #expect(json["model"] as? String == "a \"model\"")
        #expect(json["protocol"] as? String == "ot")
        #expect(json["preprocessing"] as? String == "dealer")
        #expect(json["domain"] as? String == "ring64")
        #expect(json["context"] as? Int == 5)
        #expect(json["insecure"] as? Bool == false)
        let totals = try #require(json["totals"] as? [String: [String: Any]])
        #expect(Set(totals.keys) == ["setup", "offline", "online"])
        for total in totals.values {
            #expect(Set(total.keys) == ["bytes_sent", "dealer_bytes", "rounds"])
            #expect((total["bytes_sent"] as? [Int])?.count == 2)
            #expect((total["dealer_bytes"] as? [Int])?.count == 2)
            #expect(total["rounds"] as? Int != nil)
        }
        let operations = try #require(json["operations"] as? [[String: Any]])
        #expect(!operations.isEmpty)
        for operation in operations {
            #expect(
                Set(operation.keys) == ["path", "phase", "bytes_sent", "dealer_bytes", "rounds", "depth", "flops"])
            #expect(["setup", "offline", "online"].contains(operation["phase"] as? String))
            #expect((operation["path"] as? String)?.split(separator: "/").count ?? 0 >= 3)
            #expect((operation["bytes_sent"] as? [Int])?.count == 2)
        }
    }

    @Test func measurementsAddTheirKeys() throws {
        let json = try object(measured())
        #expect(
            Set(json.keys).isSuperset(of: ["wire_overhead_bytes", "peak_memory_bytes", "completion", "accuracy"]))
        #expect(json["insecure"] as? Bool == true)
        let accuracy = try #require(json["accuracy"] as? [String: Double])
        #expect(accuracy == ["max_abs_error": 0.5, "mean_abs_error": 0.25, "top1_agreement": 1])
        let completion = try #require(json["completion"] as? [String: Any])
        #expect(completion["private"] as? String == "b" && completion["plaintext"] as? String == "c")
        let totals = try #require(json["totals"] as? [String: [String: Any]])
        #expect(totals["setup"]?["seconds"] as? Double == 0.25)
        #expect(totals["offline"]?["seconds"] as? Double == 0)
        #expect(totals["online"]?["seconds"] as? Double == 0.3125)
        #expect(try #require(json["operations"] as? [[String: Any]]).allSatisfy { $0["seconds"] is Double })
    }

    @Test func jsonIsDeterministicAndReadsBack() throws {
        for report in [try estimate(), try measured()] {
            let text = try report.json()
            #expect(try report.json() == text)
            let decoded = try JSONDecoder().decode(CostReport.self, from: Data(text.utf8))
            #expect(decoded == report)
            #expect(try decoded.json() == text)
        }
        #expect(try estimate().json() == estimate().json())
    }

    @Test func measurementsThatAreNoNumbersBecomeNull() throws {
        var report = try measured()
        report.accuracy = .init(maxAbsError: .nan, meanAbsError: .infinity, top1Agreement: 0)
        let accuracy = try #require(self.object(report)["accuracy"] as? [String: Any])
        #expect(accuracy["max_abs_error"] is NSNull && accuracy["mean_abs_error"] is NSNull)
        #expect(accuracy["top1_agreement"] as? Double == 0)
    }

    @Test func textIsAligned() throws {
        #expect(
            try measured().rendered() == """
                m, SM, 4 positions, logits of the last; ot, dealer, ring64

                Insecure: one process held both parties and the dealer. Bytes and rounds are those of a real run.

                phase    server sends  client sends  dealer to server  dealer to client  rounds    time
                ---------------------------------------------------------------------------------------
                setup             0 B           0 B              16 B               0 B       0  250 ms
                offline           0 B           0 B              16 B              16 B       0     0 s
                online           12 B           8 B               0 B               0 B       2  312 ms

                online         server sends  client sends    share  rounds    share  dealer  online time  offline time
                ------------------------------------------------------------------------------------------------------
                ffn                     8 B           8 B   80.0 %       1   50.0 %     0 B       188 ms           0 s
                  show                  8 B           8 B   80.0 %       1   50.0 %     0 B       125 ms           0 s
                output                  4 B           0 B   20.0 %       1   50.0 %     0 B       125 ms           0 s
                  reveal                4 B           0 B   20.0 %       1   50.0 %     0 B      62.5 ms           0 s
                preprocessing           0 B           0 B    0.0 %       0    0.0 %    32 B          0 s           0 s
                  seeds                 0 B           0 B    0.0 %       0    0.0 %    32 B          0 s           0 s
                ------------------------------------------------------------------------------------------------------
                total                  12 B           8 B  100.0 %       2  100.0 %    32 B       312 ms           0 s

                error against floating point: at most 0.5, mean 0.25; same largest element in 100 % of rows

                peak memory: 2.50 MB

                framing and handshakes, besides: 10 B by the server, 20 B by the client

                """)
    }

    @Test func csvHasPlainNumbers() throws {
        let lines = try measured().rendered(.init(grouping: .primitive, format: .csv)).split(separator: "\n")
        #expect(
            lines.first
                == "path,phase,bytes_sent_server,bytes_sent_client,dealer_bytes_server,dealer_bytes_client,rounds,depth,flops,seconds"
        )
        #expect(lines.contains("layer.0/ffn/show/open,online,8,8,0,0,1,2,0,0.125"))
        #expect(lines.contains("setup/seeds/dealer,setup,0,0,16,0,0,0,0,0.0"))
        #expect(lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 10 })
    }
}

import Foundation
import SottoCostModel
import SottoModel
import Testing

/// `estimate`, `simulate`, and three processes on loopback report the same costs, architecture by architecture.
@Suite(.serialized) struct RoleCostTests {
    /// Lives as long as the test.
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private static let plain = ["--insecure-plaintext", "--timeout", "20"]

    /// One report as it was printed.
    private struct Printed {
        let object: [String: Any]
        let report: CostReport

        init(_ output: Data) throws {
            object = try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
            report = try JSONDecoder().decode(CostReport.self, from: output)
        }

        init(command: [String]) throws {
            let result = try BuiltProgram.run(command + ["--format", "json"])
            #expect(result.status == 0, "\(result.error)")
            try self.init(Data(result.output.utf8))
        }

        /// Every operation as printed, times left out.
        var operations: [[String: String]] {
            (object["operations"] as? [[String: Any]] ?? []).map { row in
                row.filter { $0.key != "seconds" }.mapValues { "\($0)" }
            }
        }

        /// Every phase's totals as printed, times left out.
        var totals: [String: [String: String]] {
            (object["totals"] as? [String: [String: Any]] ?? [:]).mapValues { total in
                total.filter { $0.key != "seconds" }.mapValues { "\($0)" }
            }
        }
    }

    private func expectEqual(_ found: Printed, _ expected: Printed, _ name: String) {
        #expect(found.report.firstDifference(from: expected.report) == nil, "\(name)")
        #expect(found.operations == expected.operations, "\(name)")
        #expect(found.totals == expected.totals, "\(name)")
        // Enough is there to be equal.
        let keys: Set = ["path", "phase", "bytes_sent", "dealer_bytes", "rounds", "depth", "flops"]
        #expect(expected.operations.count > 50 && expected.operations.allSatisfy { Set($0.keys).isSuperset(of: keys) })
        #expect(Set(expected.totals.keys) == ["setup", "offline", "online"])
        for key in ["model", "architecture", "context", "positions", "inferences"] {
            #expect("\(found.object[key] ?? "none")" == "\(expected.object[key] ?? "none")", "\(name): \(key)")
        }
    }

    /// A dealer that goes on from session to session.
    private final class Dealer {
        private let role: RunningRole
        let address: String

        init() throws {
            role = try RunningRole(["deal", "--listen", "127.0.0.1:0"] + plain)
            address = try role.address()
        }

        deinit { role.kill() }

        /// What the client of one session prints.
        func session(serve model: [String], complete options: [String]) throws -> Printed {
            let server = try RunningRole(
                ["serve"] + model + [
                    "--listen", "127.0.0.1:0", "--dealer", address, "--sessions", "1", "--allow-blocks",
                ]
                    + plain)
            let client = try RunningRole(
                ["complete", "--connect", try server.address(), "--dealer", address, "--format", "json"] + options
                    + plain
            ).finish()
            #expect(client.status == 0, "\(client.errors)")
            let ended = try server.finish()
            #expect(ended.status == 0, "\(ended.errors)")
            return try Printed(client.output)
        }
    }

    private func expectEqualCosts(_ model: [String], _ dealer: Dealer, name: String) throws {
        let ids = ["--input-ids", SmallModel.idList, "--tokens", "2"]
        let estimated = try Printed(
            command: ["estimate"] + model + ["--context", "\(SmallModel.ids.count)", "--tokens", "2"])
        expectEqual(try Printed(command: ["simulate"] + model + ids), estimated, name)
        let completed = try dealer.session(serve: model, complete: ids)
        expectEqual(completed, estimated, name)
        #expect(!completed.report.insecure)
        #expect(completed.report.totals.online.seconds != nil && estimated.report.totals.online.seconds == nil)
    }

    @Test func everyArchitecture() throws {
        let dealer = try Dealer()
        for notation in Architecture.Notation.all.map(\.name) {
            let model = try SmallModel(notation, in: files)
            // By its name, as only that tells the two regularised ones apart.
            try expectEqualCosts([model.path, "--architecture", notation], dealer, name: notation)
        }
    }

    @Test func editedArchitectures() throws {
        let dealer = try Dealer()
        let model = try SmallModel("SM+LN+G", in: files)
        let documents = [
            #"{"layers": [{"index": 1, "activation": "relu", "norm1": "none"}, {"index": 0, "temperature": true}]}"#,
            #"{"final_norm": "none", "layers": [{"index": 0, "activation": "identity", "fused": true}, {"index": [1], "scaled": true, "activation": "gelu"}]}"#,
            #"{"final_norm": "rms_norm", "layers": [{"index": 1, "norm1": "rms_norm", "norm2": "rms_norm", "activation": "silu", "gated": true}]}"#,
        ]
        // The last is LLaMA's layer after GPT-2's.
        for (index, document) in documents.enumerated() {
            let edits = try files.file("edits-\(index).json", Data(document.utf8))
            try expectEqualCosts([model.path, "--architecture", edits], dealer, name: document)
        }
    }

    @Test func hiddenStatesThroughOneLayer() throws {
        let dealer = try Dealer()
        for notation in ["SM+LN+R", "SM(t)+ScFuFFN"] {
            let model = ["tiny", "--layers", "1", "--architecture", notation]
            let length = ["--blocks-only", "--context", "3"]
            let estimated = try Printed(command: ["estimate"] + model + length)
            expectEqual(try Printed(command: ["simulate"] + model + length), estimated, notation)
            expectEqual(try dealer.session(serve: model, complete: length), estimated, notation)
        }
    }
}

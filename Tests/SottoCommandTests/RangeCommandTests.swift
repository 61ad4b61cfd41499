import Foundation
import Testing

/// What leaves its bound in the commands that know the plaintext.
@Suite(.serialized) struct RangeCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func object(_ arguments: [String]) throws -> [String: Any] {
        let result = try BuiltProgram.run(arguments + ["--format", "json"])
        try #require(result.status == 0, "\(result.error)")
        return try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    private func range(_ report: [String: Any]) throws -> (ok: Bool, operation: String, ratio: Double) {
        let range = try #require(report["range"] as? [String: Any])
        let (magnitude, bound) = (range["magnitude"] as? Double ?? 0, range["bound"] as? Double ?? 0)
        return (range["ok"] as? Bool ?? false, range["operation"] as? String ?? "", magnitude / bound)
    }

    @Test(arguments: [["simulate"], ["evaluate", "--private"]])
    func valuesBeyondTheirBoundsEndTheRun(command: [String]) throws {
        let model = try SmallModel("SM", in: files, deviation: 40)
        let arguments = [command[0], model.path, "--input-ids", SmallModel.idList] + command.dropFirst()
        let refused = try BuiltProgram.run(arguments)
        #expect(refused.status == 65 && refused.output.isEmpty)
        for part in ["layer.", " reaches ", "its bound is 4095", "--edit bounds.", "--allow-out-of-range"] {
            #expect(refused.error.contains(part), "\(refused.error)")
        }
        let allowed = try range(object(arguments + ["--allow-out-of-range"]))
        #expect(!allowed.ok && allowed.ratio > 1 && refused.error.contains(allowed.operation))
        let text = try BuiltProgram.run(arguments + ["--allow-out-of-range"])
        #expect(text.status == 0 && text.output.contains("OUT OF RANGE"))
    }

    @Test func whatIsDeclaredRuns() throws {
        let model = try SmallModel(in: files)
        let arguments = ["simulate", model.path, "--input-ids", SmallModel.idList]
        let plain = try range(object(arguments))
        #expect(plain.ok && plain.ratio < 1)
        // The same values beyond a smaller declared bound.
        let refused = try BuiltProgram.run(arguments + ["--edit", "bounds.logits=1"])
        #expect(refused.status == 65 && refused.error.contains("--edit bounds.logits="))
        let declared = try range(object(arguments + ["--edit", "bounds.logits=127"]))
        #expect(declared.ok && declared.operation.hasPrefix("head/projection"))
        let impossible = try BuiltProgram.run(arguments + ["--edit", "bounds.ffn=1e5"])
        #expect(impossible.status == 65 && impossible.error.contains("layer.0/ffn/gelu"))
    }

    @Test func theDemoReportsTheRange() throws {
        let good = try range(object(["demo", "--prompt", "de", "--tokens", "1"]))
        #expect(good.ok && good.operation.hasPrefix("layer."))
        let refused = try BuiltProgram.run(
            "demo", "--prompt", "de", "--tokens", "1", "--edit", "bounds.residual=2")
        #expect(refused.status == 65 && refused.error.contains("--edit bounds.residual="))
    }

    @Test func tracedValuesNameTheNearestBound() throws {
        let model = try SmallModel(in: files)
        let trace = try object(["simulate", model.path, "--input-ids", SmallModel.idList, "--trace-values"])
        #expect(try range(trace).ok)
    }

    @Test func exactOpeningsArePriced() throws {
        let model = try SmallModel(in: files)
        func online(_ command: [String], _ options: String...) throws -> [Int] {
            let report = try object(command + [model.path] + options)
            let totals = try #require((report["totals"] as? [String: Any])?["online"] as? [String: Any])
            return try #require(totals["bytes_sent"] as? [Int])
        }
        let length = ["--context", "5"]
        let plain = try online(["estimate"] + length)
        let exact = try online(["estimate"] + length, "--exact-openings")
        #expect(zip(plain, exact).allSatisfy { $0 < $1 })
        #expect(try online(["simulate"] + length, "--exact-openings") == exact)
    }

    /// A server looks at its weights and at a text before it listens.
    @Test func aServerThatWouldBeWrongDoesNotListen() throws {
        let text = try files.file("text", Data("def f(x):\n    return x\n".utf8))
        let serve = [
            "serve", "tiny", "--listen", "127.0.0.1:0", "--dealer", "127.0.0.1:1", "--insecure-plaintext",
            "--check-text", text,
        ]
        let refused = try BuiltProgram.run(serve + ["--edit", "bounds.residual=5"])
        #expect(refused.status == 65 && refused.output.isEmpty)
        #expect(refused.error.contains("its bound is 5") && refused.error.contains("bounds.residual="))
        let missing = try BuiltProgram.run(serve.dropLast() + [files.path("none")])
        #expect(missing.status == 65 && missing.output.isEmpty)
        let huge = try SmallModel("SM", in: files, deviation: 1e12)
        let weights = try BuiltProgram.run(["serve", huge.path] + serve.dropFirst(2).dropLast(2))
        #expect(weights.status == 65 && weights.output.isEmpty && weights.error.contains(".weight"), "\(weights.error)")
    }
}

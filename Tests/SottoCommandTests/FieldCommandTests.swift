import Foundation
import SottoCostModel
import Testing

/// Commands over a prime field.
@Suite(.serialized) struct FieldCommandTests {
    private func report(_ arguments: [String]) throws -> CostReport {
        let result = try BuiltProgram.run(arguments + ["--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(CostReport.self, from: Data(result.output.utf8))
    }

    /// The built-in models complete as in plaintext, within the ring's bounds, at the declared cost.
    @Test(arguments: ["tiny", "tiny-scfu"], ["ring64", "field"])
    func simulationsAgreeWithPlaintext(model: String, domain: String) throws {
        let run = try report(["simulate", model, "--text", "class A:\n", "--tokens", "2", "--domain", domain])
        let completion = try #require(run.completion)
        #expect(completion.private == completion.plaintext)
        let accuracy = try #require(run.accuracy)
        #expect(accuracy.maxAbsError < 0.02)
        #expect(accuracy.top1Agreement == 1)
        #expect(run.domain == domain)
        let declared = try report(["estimate", model, "--context", "9", "--tokens", "2", "--domain", domain])
        #expect(run.firstDifference(from: declared) == nil)
    }

    /// Primes of every kernel: of no shape, of full limbs, of three limbs, by their digits and by their length.
    @Test(arguments: [
        ["--prime", "779484405476989733526435328999"], ["--prime", "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF61"],
        ["--prime-bits", "190"], ["--prime-bits", "80"],
    ])
    func otherPrimes(prime: [String]) throws {
        let arguments = ["tiny", "--context", "5", "--layers", "1", "--domain", "field"] + prime
        let run = try report(["simulate"] + arguments)
        #expect(try #require(run.accuracy).maxAbsError < 0.02)
        #expect(run.firstDifference(from: try report(["estimate"] + arguments)) == nil)
        #expect(run.prime != nil)
    }

    /// Elements of a field are wide: more bytes than in the ring, and a ring saves rounds by local truncations.
    @Test func aFieldCostsMoreThanTheRing() throws {
        let ring = try report(["estimate", "tiny", "--context", "9"])
        let field = try report(["estimate", "tiny", "--context", "9", "--domain", "field"])
        let longer = try report(["estimate", "tiny", "--context", "9", "--domain", "field", "--prime-bits", "256"])
        for (less, more) in [(ring, field), (field, longer)] {
            for phase in CostReport.Phase.allCases {
                let (a, b) = (less.totals[phase], more.totals[phase])
                #expect(a.bytesSent.total <= b.bytesSent.total)
                #expect(a.dealerBytes.total <= b.dealerBytes.total)
                #expect(a.rounds <= b.rounds)
            }
            #expect(less.totals.online.bytesSent.total < more.totals.online.bytesSent.total)
        }
    }

    @Test func primesAreChecked() throws {
        for (prime, complaint) in [
            ("170141183460469231731687303715884105729", "no odd prime"), ("15", "4 bits"), ("12x", "decimal"),
        ] {
            let result = try BuiltProgram.run("estimate", "tiny", "--domain", "field", "--prime", prime)
            #expect(result.status == 64)
            #expect(result.error.contains(complaint), "\(result.error)")
        }
    }
}

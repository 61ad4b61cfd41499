import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// Examples without a dealer: what is declared, of either phase, is what is metered.
@Suite struct TwoPartyExampleTests {
    private let target: Target

    init() throws {
        target = try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
    }

    /// Whatever the dealer has, in a suite whose correlations two parties make.
    @Test func everyByteIsDeclared() throws {
        for example in ExamplePrograms.elements + ExamplePrograms.others {
            let program = try example.program(count: 9, target: target)
            let run = try ProgramRunner(program, fill: .small(seed: 5, bits: 4))
            #expect(run.costIsExact, "\(example)")
            #expect(run.metered.dealerBytes == .zero)
        }
    }

    @Test(arguments: ExamplePrograms.matrices) func everyByteOfMatricesIsDeclared(example: ExampleProgram) throws {
        for count in [0, 3] {
            let run = try ProgramRunner(
                example.program(count: count, target: target), fill: .small(seed: 5, bits: 4))
            #expect(run.costIsExact)
        }
    }

    /// Other randomness, the same messages.
    @Test func costsDoNotDependOnTheRun() throws {
        let program = try ExamplePrograms.matrices[1].program(count: 3, target: target)
        let runs = try [1, 2].map { try ProgramRunner(program, fill: .small(seed: $0, bits: 4), seed: UInt64($0)) }
        #expect(runs[0].outcome.trace.makingBytes == runs[1].outcome.trace.makingBytes)
        #expect(runs[0].outcome.trace.events == runs[1].outcome.trace.events)
    }
}

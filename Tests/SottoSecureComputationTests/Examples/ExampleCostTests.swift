import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// What an example declares is what is metered, and what a party computes is what it says.
@Suite struct ExampleCostTests {
    @Test(arguments: ExamplePrograms.elements + ExamplePrograms.others)
    func everyByteIsDeclared(example: ExampleProgram) throws {
        for profile in DomainProfile.all {
            for count in profile.prime == nil ? [0, 1, 7, 8, 65] : [1, 17] {
                let program = try example.program(count: count, target: .otWithDealer(over: profile))
                #expect(try ProgramRunner(program, fill: .small(seed: 5, bits: 4)).costIsExact, "\(count), \(profile)")
            }
        }
        let small = Tiling(elements: 8, linearElements: 16, windowBytes: 1 << 9)
        let program = try example.program(count: 35, target: .standard, tiling: small)
        #expect(try ProgramRunner(program, fill: .small(seed: 5, bits: 4)).costIsExact)
    }

    @Test(arguments: ExamplePrograms.ofOtherSuites)
    func everyByteOfOtherSuitesIsDeclared(example: ExampleProgram, target: Target) throws {
        for count in [0, 1, 7, 8, 65] {
            let program = try example.program(count: count, target: target)
            #expect(try ProgramRunner(program, fill: .small(seed: 5, bits: 4)).costIsExact, "\(count)")
        }
        let small = Tiling(elements: 8, linearElements: 16, windowBytes: 1 << 9)
        let program = try example.program(count: 35, target: target, tiling: small)
        #expect(try ProgramRunner(program, fill: .small(seed: 5, bits: 4)).costIsExact)
    }

    @Test(arguments: ExamplePrograms.matrices) func everyByteOfMatricesIsDeclared(example: ExampleProgram) throws {
        for count in [0, 1, 3] {
            let program = try example.program(count: count, target: .standard)
            #expect(try ProgramRunner(program, fill: .small(seed: 5, bits: 4)).costIsExact)
        }
    }

    /// How a primitive's declared flops and elements relate to what a run does.
    private struct Work: Sendable {
        /// How often either party does the plain operation under shares.
        var plain = ByParty<Int>.zero
        /// Whether the plain operation's additions are sums of tensors.
        var addsTensors = false
        /// Elements touched for each declared one: at the party with more of them, or at both together.
        var busier: ClosedRange<Double>?
        var together: ClosedRange<Double>?
    }

    /// By type, or by type and kernel.
    private static let work: [String: Work] = [
        // The other party's share, the value, and their difference.
        "Input": Work(busier: 5...5),
        "ClientBitInput": Work(),
        "SharedInput": Work(busier: 1...1),
        "AddServerTensor": Work(busier: 1...1),
        "MapTensor": Work(busier: 1...1),
        "MapMasked": Work(busier: 1...1),
        "Combine": Work(busier: 1...1),
        "Concatenate": Work(busier: 2...2),
        "ConcatenateMasked": Work(busier: 2...2),
        // A difference, packed, unpacked, and a sum.
        "MaskedOpening": Work(busier: 8...8),
        "ClientMasking": Work(busier: 4...4),
        // Who shows packs besides.
        "Opening": Work(busier: 5...6),
        "BeaverProduct": Work(plain: [2, 2], busier: 1...1),
        // All tiles but the first find the tensor ready, which is most of what a small one declares.
        "ServerProduct": Work(plain: [1, 0], busier: 0.7...1),
        // The coefficients are laid out for every head.
        "RotaryEmbedding": Work(plain: [1, 1], addsTensors: true, busier: 7...9.5),
        // Every bit of either operand, and the thresholds.
        "Comparison": Work(together: 1...1.25),
        "Truncation shift": Work(busier: 2...2),
        "Truncation truncate": Work(busier: 16...16),
        "Selection": Work(plain: [1, 1], busier: 1...1),
        "RowChoice": Work(),
        // They work on words and bits that no domain counts.
        "WindowLookup": Work(),
        "SignLookup": Work(),
        "BitSums": Work(),
        "MaskedSum": Work(),
        "CircuitEvaluation": Work(),
        "SelectedSum": Work(),
        "LowDigit": Work(),
        "ThresholdEvaluation": Work(),
        "SplineEvaluation": Work(),
        "ExponentialEvaluation": Work(),
        "ExtendedProduct": Work(),
        "ExtendedSquares": Work(),
        "RecallMasked": Work(),
        "KeepMasked": Work(),
    ]

    @Test(arguments: ExamplePrograms.all) func whatIsDeclaredIsCounted(example: ExampleProgram) throws {
        try expectCounts(example, .standard)
    }

    @Test(arguments: ExamplePrograms.ofOtherSuites)
    func whatOtherSuitesDeclareIsCounted(example: ExampleProgram, target: Target) throws {
        try expectCounts(example, target)
    }

    private func expectCounts(_ example: ExampleProgram, _ target: Target) throws {
        let isOfMatrices = ExamplePrograms.matrices.contains { $0.description == example.description }
        for count in isOfMatrices ? [2, 8] : [1, 24, 65] {
            let program = try example.program(count: count, target: target)
            let counts = try CountedRun(program, fill: .small(seed: 3, bits: 4)).counts
            for instruction in program.instructions {
                try expect(instruction, counts.map { $0[instruction.index] ?? OperationCounts() })
            }
        }
    }

    private func expect(_ instruction: Instruction, _ counts: ByParty<OperationCounts>) throws {
        let primitive = instruction.primitive
        let name = String(describing: type(of: primitive))
        let work = try #require(
            Self.work[name] ?? Self.work["\(name) \(primitive.work.kernel)"],
            "what a run of \(name) does is not said here")
        let plain = counts.map { $0.multiplications + $0.additions + (work.addsTensors ? $0.sums : 0) }
        for party in Party.allCases {
            #expect(plain[party] == work.plain[party] * primitive.flops, "\(instruction.path) of \(party)")
        }
        if work.plain == .zero { #expect(primitive.flops == 0, "\(instruction.path)") }
        let elements = Double(primitive.work.elements)
        let touched = counts.map(\.touched)
        func check(_ range: ClosedRange<Double>?, _ touched: Int) {
            guard let range else { return }
            #expect(
                range.lowerBound * elements <= Double(touched) && Double(touched) <= range.upperBound * elements,
                "\(instruction.path) touches \(touched) elements and declares \(primitive.work.elements)")
        }
        check(work.busier, touched.largest)
        check(work.together, touched.total)
    }
}

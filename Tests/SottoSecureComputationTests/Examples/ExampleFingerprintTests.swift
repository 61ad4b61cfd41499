import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation
import TestSupport
import Testing

/// Every example with one thing changed has another fingerprint.
@Suite struct ExampleFingerprintTests {
    private static let count = 24

    @Test(arguments: ExamplePrograms.all) func equalProgramsAgree(example: ExampleProgram) throws {
        for target in [Target.standard, .otWithDealer(over: .field), .circuits, .fssWithDealer] {
            let fingerprint = try example.program(count: Self.count, target: target).fingerprint()
            #expect(try example.program(count: Self.count, target: target).fingerprint() == fingerprint)
        }
    }

    @Test(arguments: ExamplePrograms.all) func everyDifferenceShows(example: ExampleProgram) throws {
        var seen: [String: String] = [:]
        func note(_ what: String, _ program: Program) throws {
            let fingerprint = try program.fingerprint()
            #expect(seen[fingerprint] == nil, "\(what) and \(seen[fingerprint] ?? "")")
            seen[fingerprint] = what
        }
        for count in [0, 1, 7, 8, 9, Self.count] {
            try note("\(count) elements", example.program(count: count, target: .standard))
        }
        // Two of the primes have 128 bits.
        let prime = try PrimeModulus("340282366920938463463302549837730283627")
        for profile in DomainProfile.fields + [.field(prime)] {
            try note("\(profile)", example.program(count: Self.count, target: .otWithDealer(over: profile)))
        }
        for tiling in [
            Tiling.none, Tiling(elements: 8, linearElements: 1 << 21, windowBytes: 48 << 20),
            Tiling(elements: 1 << 14, linearElements: 8, windowBytes: 48 << 20),
            Tiling(elements: 1 << 14, linearElements: 1 << 21, windowBytes: 1),
        ] {
            try note("\(tiling)", example.program(count: Self.count, target: .standard, tiling: tiling))
        }
        for parameter in try example.parameters(count: Self.count, target: .standard) {
            try note(
                parameter, example.program(count: Self.count, target: .standard, changing: parameter))
        }
    }

    /// The shape of comparisons' trees, which both parties must agree on.
    @Test(arguments: ExamplePrograms.all) func treesCount(example: ExampleProgram) throws {
        func program(arity: Int?) throws -> Program {
            let builder = ProgramBuilder(target: .standard, tiling: example.tiling)
            if let arity {
                try builder.using(OTSuite(treeArity: arity)) { _ = try example.write(in: builder, count: Self.count) }
            } else {
                try example.write(in: builder, count: Self.count)
            }
            return builder.finish()
        }
        let plain = try program(arity: nil)
        let compares = plain.instructions.contains { $0.primitive.label == "compare" }
        var fingerprints: Set = [try plain.fingerprint()]
        for arity in [2, 3, 5, 8] { fingerprints.insert(try program(arity: arity).fingerprint()) }
        #expect(fingerprints.count == (compares ? 5 : 1))
        #expect(try program(arity: 4).fingerprint() == plain.fingerprint())
    }

    /// What changes shows where it belongs: in the primitives themselves or in widths of weights, not only in correlations
    /// and names that happen to depend on it.
    @Test(
        arguments: ExamplePrograms.all.map { ($0, Target.standard) }
            + ExamplePrograms.ofOtherSuites)
    func parametersStandInPrimitives(example: ExampleProgram, target: Target) throws {
        let plain = try example.program(count: Self.count, target: target)
        for parameter in try example.parameters(count: Self.count, target: target) {
            let changed = try example.program(count: Self.count, target: target, changing: parameter)
            #expect(plain.encodedPrimitives != changed.encodedPrimitives, "\(parameter)")
        }
    }

    /// Of another count there are other primitives of every type.
    @Test(
        arguments: ExamplePrograms.all.map { ($0, Target.standard) }
            + ExamplePrograms.ofOtherSuites)
    func countsStandInPrimitives(example: ExampleProgram, target: Target) throws {
        let (small, large) = (
            try example.program(count: Self.count, target: target).parametersByType,
            try example.program(count: Self.count + 1, target: target).parametersByType
        )
        #expect(Set(small.keys) == Set(large.keys))
        for (type, parameters) in small { #expect(parameters != large[type], "\(type)") }
    }

    /// A correlation of another layout has another encoding.
    @Test(
        arguments: ExamplePrograms.all.map { ($0, Target.standard) }
            + ExamplePrograms.ofOtherSuites)
    func layoutsStandInCorrelations(example: ExampleProgram, target: Target) throws {
        let plain = try example.program(count: Self.count, target: target).plan.correlations
        let parameters = try example.parameters(count: Self.count, target: target)
        let others =
            try parameters.map { try example.program(count: Self.count, target: target, changing: $0) }
            + [example.program(count: Self.count + 1, target: target)]
        for other in others {
            for (a, b) in zip(plain, other.plan.correlations) where a.layout != b.layout {
                #expect(a.encoding != b.encoding)
            }
        }
    }
}

extension Primitive {
    fileprivate var parameters: [UInt8] {
        var encoder = CanonicalEncoder()
        encodeParameters(into: &encoder)
        return encoder.bytes
    }
}

extension Program {
    /// Of all primitives of a type, in order.
    fileprivate var parametersByType: [String: [[UInt8]]] {
        Dictionary(grouping: instructions.map(\.primitive)) { String(describing: type(of: $0)) }
            .mapValues { $0.map(\.parameters) }
    }

    /// Everything but correlations and names of weights.
    fileprivate var encodedPrimitives: [UInt8] {
        var encoder = CanonicalEncoder()
        for instruction in instructions {
            encoder.append(instruction.primitive.label)
            encoder.append(instruction.primitive.outputs)
            instruction.primitive.encodeParameters(into: &encoder)
        }
        encoder.append(plan.weights.map(\.width))
        return encoder.bytes
    }
}

extension Correlation {
    fileprivate var layout: [CorrelationFields] { [masks(of: .server), masks(of: .client), products] }

    fileprivate var encoding: [UInt8] {
        var encoder = CanonicalEncoder()
        encode(into: &encoder)
        return encoder.bytes
    }
}

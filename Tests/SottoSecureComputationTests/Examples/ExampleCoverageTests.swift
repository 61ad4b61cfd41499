import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// No primitive and no correlation is left out of the examples, and so of any test that goes through them.
@Suite struct ExampleCoverageTests {
    /// Enough for every tile.
    private static func programs(_ profile: DomainProfile = .ring64) throws -> [Program] {
        try ExamplePrograms.all.map { try $0.program(count: 40, target: .otWithDealer(over: profile)) }
    }

    @Test func everyPrimitiveIsInAnExample() throws {
        let declared = try SourceFile.all(in: "Sources").types(conformingTo: "Primitive")
        #expect(declared.count > 15)
        let missing = declared.subtracting(try Self.programs().flatMap(\.primitiveTypes))
        #expect(missing.isEmpty, "ExamplePrograms has nothing with \(missing.sorted())")
    }

    @Test func everyCorrelationIsInAnExample() throws {
        let declared = try SourceFile.all(in: "Sources").types(conformingTo: "Correlation")
        #expect(declared.count > 6)
        let used = try Self.programs().flatMap(\.plan.correlations).map { String(describing: type(of: $0)) }
        let missing = declared.subtracting(used)
        #expect(missing.isEmpty, "ExamplePrograms has nothing with \(missing.sorted())")
    }

    /// The one program of all of them, too.
    @Test(arguments: DomainProfile.both) func theCombinedProgramHasAllOfThem(profile: DomainProfile) throws {
        let combined = try EveryPrimitive(profile: profile).program.primitiveTypes
        #expect(combined == Set(try Self.programs(profile).flatMap(\.primitiveTypes)))
    }

    @Test func examplesAreToldApart() {
        #expect(Set(ExamplePrograms.all.map(\.description)).count == ExamplePrograms.all.count)
    }
}

extension Program {
    fileprivate var primitiveTypes: Set<String> {
        Set(instructions.map { String(describing: type(of: $0.primitive)) })
    }
}

import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// No primitive and no correlation is left out of the examples, and so of any test that goes through them.
@Suite struct ExampleCoverageTests {
    /// Enough for every tile.
    private static func programs(_ target: Target) throws -> [Program] {
        try ExamplePrograms.all.map { try $0.program(count: 40, target: target) }
    }

    /// Of every suite.
    private static func programs() throws -> [Program] {
        try [Target.standard, .circuits, .fssWithDealer].flatMap { try programs($0) }
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
    @Test(arguments: [Target.standard, .otWithDealer(over: .field), .circuits, .fssWithDealer])
    func theCombinedProgramHasAllOfThem(target: Target) throws {
        let combined = try EveryPrimitive(target: target).program.primitiveTypes
        #expect(combined == Set(try Self.programs(target).flatMap(\.primitiveTypes)))
    }

    @Test func examplesAreToldApart() {
        #expect(Set(ExamplePrograms.all.map(\.description)).count == ExamplePrograms.all.count)
    }
}

import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation

extension Target {
    /// The ring, by oblivious transfer, with a dealer.
    public static let standard = Target.otWithDealer(over: .ring64)
    /// The suite that two parties have, with a dealer, who takes less time.
    public static let circuits = Target(
        domain: .ring64, suite: OTSuite(treeArity: 2, bitMethod: .circuits), preprocessing: DealerMethod())
}

// What functions are tested over.
extension Target {
    public static let field = Target.otWithDealer(over: .field)
    public static let oddField = Target.otWithDealer(over: .oddField)
    public static let fullField = Target.otWithDealer(over: .fullField)
    public static let fields = DomainProfile.fields.map { Target.otWithDealer(over: $0) }
    /// The suites, and one field.
    public static let both: [Target] = [.standard, .fssWithDealer, .field]
    /// The suites, and all fields.
    public static let all: [Target] = [.standard, .fssWithDealer] + fields
    /// Either suite with a part of a transformer by the other one.
    public static let mixtures: [Target] = [(ProtocolName.ot, ProtocolName.fss), (.fss, .ot)].flatMap { base, other in
        [["gelu", "relu", "silu"], ["softmax"], ["layernorm", "rmsnorm"]].map { scopes in
            .mixed(base, with: Dictionary(uniqueKeysWithValues: scopes.map { ($0, other) }))
        }
    }
}

extension ExamplePrograms {
    /// Those that other suites make something else of.
    package static let ofOtherSuites: [(ExampleProgram, Target)] = [Target.circuits, .fssWithDealer].flatMap { target in
        all.filter { example in
            let programs = try? [Target.standard, target].map { try example.program(count: 8, target: $0) }
            return programs.map { $0[0].primitiveTypes != $0[1].primitiveTypes } ?? true
        }.map { ($0, target) }
    }
}

extension Program {
    package var primitiveTypes: Set<String> {
        Set(instructions.map { String(describing: type(of: $0.primitive)) })
    }
}

extension ProgramBuilder {
    /// A builder of programs by oblivious transfer with a dealer.
    public convenience init(profile: DomainProfile = .ring64, tiling: Tiling = .standard) {
        self.init(target: .otWithDealer(over: profile), tiling: tiling)
    }
}

/// `[server, client]`.
extension ByParty: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Value...) {
        precondition(elements.count == 2)
        self.init(server: elements[0], client: elements[1])
    }

    public subscript(party: Int) -> Value {
        get { self[Party(rawValue: party)!] }
        set { self[Party(rawValue: party)!] = newValue }
    }
}

extension CorrelationPlan {
    /// Equal exactly where plans are.
    public var encoding: [UInt8] {
        var encoder = CanonicalEncoder()
        for correlation in correlations { correlation.encode(into: &encoder) }
        encoder.append(weights)
        encoder.append(streamOrder)
        return encoder.bytes
    }
}

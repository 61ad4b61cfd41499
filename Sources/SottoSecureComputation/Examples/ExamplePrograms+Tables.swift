import SottoAlgebra
import SottoApproximation

// What is found by tables under masks; in a field comparisons and polynomials take its place.

extension ExamplePrograms {
    /// Of activations.
    static let tables = [
        ExampleProgram("table of lines", "gelu, \(activationWidth) bits") { b, p in
            let function = p("function", BuiltInFunctions.gelu, or: BuiltInFunctions.geluNew)
            _ = try b.evaluate(function, at: activation(b, p), scale: shift, minimumWidth: p("width", 0, or: 40))
        },
        ExampleProgram("exponential", "\(activationWidth + 1) bits") { b, p in
            _ = try b.exponential(
                activation(b, p, bound: 8190, or: 4000), scale: p("scale", 22, or: 21),
                minimumWidth: p("width", 0, or: 40))
        },
        ExampleProgram("value or zero, by its sign", "\(activationWidth) bits") { b, p in
            _ = try b.relu(activation(b, p))
        },
    ]

    static let otherTables = [
        ExampleProgram("table of lines", "silu, scaled up") { b, p in
            let x = activation(b, p, bound: 100, or: 200)
            _ = try b.evaluate(BuiltInFunctions.silu, at: x, scale: p("scale", 18, or: 17))
        }
    ]

    private static func activation(
        _ b: ProgramBuilder, _ p: ExampleParameters, bound: Double = 4095, or other: Double = 2000
    ) -> Secret {
        let bound = p("bound", bound, or: other)
        return b.input("x", owner: .client, shape: [p.count], scale: shift, bound: bound)
            .narrowed(to: b.width(holding: scaled(bound, by: shift)))
    }
}

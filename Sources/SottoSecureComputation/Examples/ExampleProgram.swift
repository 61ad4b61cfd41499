/// A small program with a primitive in it, written for any number of elements and any target.
package struct ExampleProgram: Sendable, CustomStringConvertible {
    package let name: String
    /// Shapes and ring widths.
    package let operands: String
    /// How it is cut by default: small where tiles are what it shows.
    package let tiling: Tiling
    private let body: @Sendable (ProgramBuilder, ExampleParameters) throws -> Void

    init(
        _ name: String, _ operands: String, tiling: Tiling = .standard,
        _ body: @escaping @Sendable (ProgramBuilder, ExampleParameters) throws -> Void
    ) {
        self.name = name
        self.operands = operands
        self.tiling = tiling
        self.body = body
    }

    package var description: String { "\(name), \(operands)" }

    /// Writes it into a program.
    /// - Parameters:
    ///   - count: elements, rows or positions.
    ///   - changed: the parameter that has its other value.
    /// - Returns: the names of its parameters.
    @discardableResult
    package func write(in builder: ProgramBuilder, count: Int, changing changed: String? = nil) throws -> [String] {
        let parameters = ExampleParameters(count: count, changed: changed)
        try body(builder, parameters)
        return parameters.names
    }

    /// - Parameter tiling: ``tiling`` by default.
    package func program(
        count: Int, target: Target, tiling: Tiling? = nil, changing changed: String? = nil
    ) throws -> Program {
        let builder = ProgramBuilder(target: target, tiling: tiling ?? self.tiling)
        try write(in: builder, count: count, changing: changed)
        return builder.finish()
    }

    /// What of it can be changed, in the order in which it asks.
    package func parameters(count: Int, target: Target) throws -> [String] {
        try write(in: ProgramBuilder(target: target, tiling: tiling), count: count)
    }
}

/// What an example is written with: a count, and parameters, each with its value and another one, so that a test can change
/// one at a time and knows all of them.
final class ExampleParameters {
    let count: Int
    private let changed: String?
    /// Of all that were asked for.
    private(set) var names: [String] = []

    init(count: Int, changed: String?) {
        self.count = count
        self.changed = changed
    }

    func callAsFunction<Value>(_ name: String, _ value: Value, or other: Value) -> Value {
        if !names.contains(name) { names.append(name) }
        return name == changed ? other : value
    }
}

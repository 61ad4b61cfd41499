/// Examples of every primitive. Whoever has to know them all goes through this list: the catalogue of costs, which shows
/// ``elements`` and ``matrices``, calibrations, and the tests of costs, traffic and fingerprints. A primitive or correlation
/// that no example has fails a test.
package enum ExamplePrograms {
    package static let all = elements + matrices + others

    /// Of so many elements, or pairs.
    package static let elements =
        local + rotations + [8, 16, 32, 64].map { compare(thresholds: 1, width: $0) }
        + [7, 15].map { compare(thresholds: $0, width: 16) }
        + conversions + products + choices + selections + tables + openings

    /// Products of a layer at the paper's shape, of so many positions; the operands say those of ``positions``.
    package static let matrices = [
        serverMatrix(768, 3 * 768), serverMatrix(768, 768), serverMatrix(768, 4 * 768), serverMatrix(4 * 768, 768),
        secretMatrices(inner: 64, columns: nil), secretMatrices(inner: nil, columns: 64), rowDots(columns: 768),
    ]

    /// What the catalogue has no row for: other parameters, maps, tiles.
    package static let others = otherInputs + otherLocal + otherProducts + otherTables + tiles

    /// The rows of ``matrices`` that their operands name.
    package static let positions = 128

    /// Ring widths: activations, products of two activations, and the widest ring.
    static let activationWidth = 30
    static let productWidth = 46
    static let fullWidth = 64
    /// Fraction bits of activations.
    static let shift = 16

    private static let givenScope = "given"

    /// Writes what an operation needs and what is not part of it, such as the bits of a selection.
    static func given<Result>(_ builder: ProgramBuilder, _ body: () throws -> Result) rethrows -> Result {
        try builder.scope(givenScope, body)
    }

    /// Whether what stands at a path was only needed.
    package static func isGiven(path: String) -> Bool { path.hasPrefix(givenScope + "/") }

    /// An operand of `count` elements in the ring of `width` bits, with `spare` bits above its magnitude.
    static func operand(
        _ builder: ProgramBuilder, _ count: Int, width: Int, spare: Int = 1, named name: String = "x"
    ) -> Secret {
        let limit = Double(sign: .plus, exponent: width - spare, significand: 1)
        return builder.input(
            name, owner: .client, shape: [count], scale: 0, bound: min(limit - 1, limit.nextDown)
        ).narrowed(to: width)
    }
}

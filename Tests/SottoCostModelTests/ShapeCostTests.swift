import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import TestSupport
import Testing

/// Models of awkward sizes cost what they declare.
@Suite struct ShapeCostTests {
    struct Sizes: Sendable, CustomTestStringConvertible {
        let name: String
        var layers = 1
        var heads = 2
        var width = 6
        var inner = 9
        var context = 7
        var vocabulary = 11
        var positions = 3
        /// Of keys and values, where they are fewer than heads.
        var keyValueHeads = 1

        var testDescription: String { name }
    }

    private static let sizes = [
        Sizes(name: "one position", positions: 1),
        Sizes(name: "one position of a context of one", context: 1, positions: 1),
        Sizes(name: "an odd number of positions", positions: 5),
        Sizes(name: "all of the context", positions: 7),
        Sizes(name: "width one", heads: 1, width: 1),
        Sizes(name: "heads of width one", heads: 5, width: 5),
        Sizes(name: "one head of odd width", heads: 1, width: 7),
        Sizes(name: "an FFN of width one", inner: 1),
        Sizes(name: "a vocabulary of one", vocabulary: 1),
        Sizes(name: "everything one", heads: 1, width: 1, inner: 1, context: 1, vocabulary: 1, positions: 1),
        Sizes(name: "three layers of odd sizes", layers: 3, heads: 3, width: 9, inner: 13, vocabulary: 17),
        Sizes(name: "just below 64", heads: 3, width: 63, inner: 63, context: 63, vocabulary: 63, positions: 1),
        Sizes(name: "64", heads: 4, width: 64, inner: 64, context: 64, vocabulary: 64, positions: 2),
        Sizes(name: "just above 64", heads: 5, width: 65, inner: 65, context: 65, vocabulary: 65, positions: 9),
        // Rows of the causal triangle, and products of more than one panel of 96 and block of 64.
        Sizes(name: "65 positions", heads: 1, width: 3, inner: 97, context: 65, vocabulary: 129, positions: 65),
    ]

    @Test(arguments: sizes, Small.notations)
    func everySizeCostsWhatItDeclares(sizes: Sizes, notation: String) throws { try check(sizes, notation, .standard) }

    @Test(arguments: sizes) func everySizeCostsWhatItDeclaresInKeys(sizes: Sizes) throws {
        try check(sizes, "SM+LN+G", .fssWithDealer)
    }

    @Test(arguments: sizes, ["SM+LN+G", "SM(t)+ScFuFFN"])
    func everySizeCostsWhatItDeclaresInAField(sizes: Sizes, notation: String) throws {
        try check(sizes, notation, .field)
    }

    private func check(_ sizes: Sizes, _ notation: String, _ target: Target) throws {
        let architecture = try Architecture(
            notation: .init(notation), layers: sizes.layers, heads: sizes.heads, width: sizes.width,
            feedForwardWidth: sizes.inner, context: sizes.context, vocabulary: sizes.vocabulary)
        // What is dropped for the last position's output is dropped alike over every domain.
        for output in sizes.positions > 8 || target != .standard ? [ForwardPass.Output.all] : [.all, .last] {
            let program = try ForwardPass(architecture: architecture, new: sizes.positions, output: output).program(
                target: target)
            #expect(try ExactRun(program, fill: .small(seed: 3, bits: 12)).mismatch == nil, "\(output)")
        }
    }

    private static let llamaSizes = [
        Sizes(name: "one position", heads: 4, width: 8, positions: 1, keyValueHeads: 2),
        Sizes(name: "one position of a context of one", width: 8, context: 1, positions: 1),
        Sizes(name: "all of the context", width: 12, positions: 7, keyValueHeads: 2),
        Sizes(name: "one head of width two", heads: 1, width: 2),
        Sizes(name: "heads of width two", heads: 6, width: 12, keyValueHeads: 3),
        Sizes(name: "an FFN and a vocabulary of one", width: 4, inner: 1, vocabulary: 1),
        // Norms of at most 62 columns open once, of more twice.
        Sizes(name: "62 columns", heads: 1, width: 62, inner: 63), Sizes(name: "64 columns", width: 64, inner: 65),
        Sizes(name: "65 positions", heads: 2, width: 4, inner: 97, context: 65, vocabulary: 129, positions: 65),
    ]

    /// RMSNorm, a gated FFN, rotary positions, shared keys and no biases.
    @Test(arguments: llamaSizes)
    func everySizeOfLLaMACostsWhatItDeclares(sizes: Sizes) throws {
        let architecture = try Architecture(
            layers: [.llama, .llama], heads: sizes.heads, keyValueHeads: sizes.keyValueHeads, width: sizes.width,
            feedForwardWidth: sizes.inner, context: sizes.context, vocabulary: sizes.vocabulary, tiedHead: false,
            finalNorm: .rmsNorm, positions: .rotary(theta: 10000), hasBiases: false)
        for output in [ForwardPass.Output.all, .last] {
            let program = try ForwardPass(architecture: architecture, new: sizes.positions, output: output).program(
                target: .standard)
            #expect(try ExactRun(program, fill: .small(seed: 3, bits: 12)).mismatch == nil, "\(output)")
        }
    }
}

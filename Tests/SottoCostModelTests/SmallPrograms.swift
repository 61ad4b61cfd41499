import SottoCostModel
import SottoModel
import SottoSecureComputation

/// The small models and programs that the tests of this target account for.
enum Small {
    /// Two layers of every notation, odd sizes.
    static func architecture(_ notation: String, layers: Int = 2) throws -> Architecture {
        try Architecture(
            notation: .init(notation), layers: layers, heads: 3, width: 15, feedForwardWidth: 23, context: 9,
            vocabulary: 31)
    }

    static let notations = Architecture.Notation.all.map(\.name)

    static func configuration(_ model: String = "small", context: Int = 5) -> CostReport.Configuration {
        CostReport.Configuration(
            model: model, architecture: "SM", target: .standard, context: context, positions: "all", insecure: false)
    }

    /// Two openings under one path, one after the other or side by side, and one to the client only: 4 elements of 8 bits
    /// each.
    static func openings(parallel: Bool) throws -> Program {
        let builder = ProgramBuilder()
        try builder.scope("layer.0") {
            try builder.scope("ffn") {
                let x = builder.sharedInput("x", shape: [4], scale: 0, bound: 100, width: 8)
                let both: (String) throws -> Void = { name in
                    try builder.scope("show") { try builder.open(x, as: name, to: [.server, .client]) }
                }
                if parallel {
                    _ = try builder.parallel({ try both("a") }, { try both("b") })
                } else {
                    try both("a")
                    try both("b")
                }
            }
        }
        try builder.scope("output") {
            let y = builder.sharedInput("y", shape: [4], scale: 0, bound: 100, width: 8)
            try builder.scope("reveal") { try builder.open(y, as: "y", to: [.client]) }
        }
        return builder.finish()
    }
}

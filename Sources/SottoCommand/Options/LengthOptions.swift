import ArgumentParser
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRuns

/// How many positions are run, and whose outputs the client learns.
struct LengthOptions: ParsableArguments {
    enum Positions: String, ExpressibleByArgument, CaseIterable {
        case last, all
    }

    @Option(
        help: "Positions of the input; by default 128, or the model's context if that is smaller.",
        transform: Number.integer(Number.positions))
    var context: Int?

    @Option(help: "Positions whose logits the client learns; by default all, for a completion last.")
    var positions: Positions?

    @Option(
        name: [.customLong("generate"), .customLong("tokens")],
        help: ArgumentHelp(
            "A greedy completion of N tokens: the prompt's inference, and one of a single position for each later token.",
            valueName: "n"),
        transform: Number.integer(Number.positions))
    var tokens: Int?

    @Option(
        help: "How many of the context's first positions earlier inferences have had, whose keys and values are kept.",
        transform: Number.integer(Number.positions))
    var past: Int?

    @Flag(help: "No embedding, final norm and head: hidden states in and out.")
    var blocksOnly = false

    func validate() throws {
        if tokens != nil {
            if past != nil { throw ValidationError("--generate begins with a prompt; leave out --past") }
            if blocksOnly {
                throw ValidationError("--blocks-only has no logits to choose the tokens of --generate from")
            }
            if positions == .all {
                throw ValidationError(
                    "--generate needs the logits of the last position only; leave out --positions all")
            }
        }
        if blocksOnly, positions != nil { throw ValidationError("--blocks-only has no logits; leave out --positions") }
    }

    var kind: RunKind {
        if let tokens { return .completion(tokens: tokens) }
        return .inference(blocksOnly ? .blocks : positions == .last ? .last : .all, past: past ?? 0)
    }

    static let defaultContext = 128

    /// Positions of the first program, where no input says how many.
    func count(for architecture: Architecture) throws -> Int {
        let room = architecture.context - (kind.inferences - 1)
        guard room >= 1 else {
            throw UsageError(
                "--generate \(kind.inferences) does not fit the model's context of \(architecture.context); ask for fewer."
            )
        }
        return try checked(context ?? min(Self.defaultContext, room), architecture)
    }

    /// - Throws: ``UsageError`` unless that many positions and all that are generated fit.
    func checked(_ count: Int, _ architecture: Architecture) throws -> Int {
        let (largest, isOver) = count.addingReportingOverflow(kind.inferences - 1)
        guard !isOver, largest <= architecture.context else {
            throw UsageError(
                "\(isOver ? "That many" : "\(largest)") positions do not fit the model's context of \(architecture.context); "
                    + "lower --context or --generate, or shorten the input.")
        }
        if let past, past >= count {
            throw UsageError("--past \(past) leaves none of the \(count) positions to run; raise --context.")
        }
        return count
    }
}

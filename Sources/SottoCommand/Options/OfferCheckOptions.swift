import ArgumentParser
import SottoModel
import SottoPrivateTransformer
import SottoRuns
import SottoSecureComputation

/// What a server looks at before it listens.
struct OfferCheckOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Run this text in plaintext first, and do not serve if a value leaves its declared bound.",
            valueName: "file"))
    var checkText: String?

    @OptionGroup var range: RangeOptions

    /// Checks that fixed point holds every weight and, where a text is given, that its values keep within the
    /// architecture's bounds.
    /// - Throws: `PreparedWeightsError`, `ProgramError`, `OutOfRangeError`, ``DataError``, ``UsageError``.
    func check(_ model: NamedModel, _ weights: PreparedWeights, _ target: Target) throws {
        let architecture = model.architecture
        try weights.check(for: ForwardPass(architecture: architecture, new: 1, output: .all).program(target: target))
        guard let checkText else { return }
        guard let tokenizer = model.tokenizer else {
            throw UsageError("The model has no tokenizer; leave out --check-text.")
        }
        let tokens = tokenizer.encode(try InputFile.text(of: checkText))
        guard !tokens.isEmpty else { throw DataError("\(checkText) is empty; give a text.") }
        var check = RangeCheck(weights, target: target)
        let progress = ProgressBar("checking the text")
        defer { progress.finish() }
        try check.check(text: tokens, architecture: architecture, goesOn: range.allowOutOfRange) {
            progress.update($0)
        }
        if !check.isWithin {
            Diagnostics.warn("a value of the text leaves its declared bound; completions of such texts may be wrong.")
        }
    }
}

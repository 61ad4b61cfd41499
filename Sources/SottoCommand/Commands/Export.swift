import ArgumentParser
import Foundation
import SottoModel
import SottoTraining

/// Writes what a training run has learned in Hugging Face's layout.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a trained model in Hugging Face's layout.",
        discussion: """
            Takes the checkpoint of a training run, also of one that is not at its end, or else its model. Normalizations of \
            weights are folded into the matrices, so that they cost nothing in private inference.
            """)

    @Argument(help: "The output directory of `sotto train`.")
    var directory: String

    @Option(help: ArgumentHelp("Where config.json and model.safetensors go.", valueName: "dir"))
    var output: String

    @Option(help: "How the weights are stored.")
    var precision: StoredPrecision = .f32

    func run() throws {
        let source = URL(fileURLWithPath: directory, isDirectory: true).standardizedFileURL
        let target = URL(fileURLWithPath: output, isDirectory: true).standardizedFileURL
        guard source.resolvingSymlinksInPath() != target.resolvingSymlinksInPath() else {
            throw UsageError("--output must be another directory than the one of the run.")
        }
        let trained = try TrainedWeights(directory: source, digest: .openSSL)
        try HuggingFaceModel.write(
            trained.weights, to: target, as: precision.type, usesByteTokenizer: trained.usesByteTokenizer)
        let architecture = trained.weights.architecture
        let progress = trained.progress.map { ", after \($0.step) of \($0.steps) steps" } ?? ""
        try Output.write("\(architecture)\(progress), written to \(output): \(Self.layout(architecture)).")
    }

    private static func layout(_ architecture: Architecture) -> String {
        if architecture.isHuggingFaceGPT2 { return "Hugging Face's GPT2LMHeadModel loads it as it is" }
        if architecture.isHuggingFaceLLaMA { return "Hugging Face's LlamaForCausalLM loads it as it is" }
        return "neither GPT-2's own network nor LLaMA's, so config.json has Sotto's extension"
    }
}

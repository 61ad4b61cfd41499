import Foundation
import SottoModel

/// A model of two small layers in a directory of its own.
struct SmallModel {
    let weights: ModelWeights
    let path: String

    static let vocabulary = 21
    static let ids = [1, 2, 20, 0, 7]
    static var idList: String { ids.map(String.init).joined(separator: ",") }

    /// - Parameters:
    ///   - files: where the model's directory goes, and with which it ends.
    ///   - deviation: of the weights; attention is far from uniform at 0.4.
    ///   - vocabulary: with the tokens of ``ids``.
    init(
        _ notation: String = "SM+LN+G", in files: TemporaryDirectory, deviation: Float = 0.4,
        vocabulary: Int = Self.vocabulary
    ) throws {
        let architecture = try Architecture(
            notation: .init(notation), layers: 2, heads: 2, width: 10, feedForwardWidth: 17, context: 8,
            vocabulary: vocabulary)
        weights = try .random(architecture, seed: 11, standardDeviation: deviation)
        let directory = files.url.appendingPathComponent(UUID().uuidString)
        try HuggingFaceModel.write(weights, to: directory)
        path = directory.path
    }
}

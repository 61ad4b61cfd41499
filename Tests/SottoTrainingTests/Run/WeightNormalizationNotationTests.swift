import SottoTraining
import Testing

struct WeightNormalizationNotationTests {
    @Test func namesAndUnions() {
        let all: Set<WeightNormalization.Matrix> = [.query, .key, .value, .output]
        #expect(WeightNormalization("weight:ffn") == .init(.weight, of: [.feedForward]))
        #expect(WeightNormalization("spectral:QK+FFN") == .init(.spectral, of: [.query, .key, .feedForward]))
        #expect(WeightNormalization("spectral:ffn,key,query") == .init(.spectral, of: [.query, .key, .feedForward]))
        #expect(WeightNormalization("weight:QKV") == .init(.weight, of: [.query, .key, .value]))
        #expect(WeightNormalization("weight:QKVO") == .init(.weight, of: all))
        #expect(WeightNormalization("weight:QK+value,output") == .init(.weight, of: all))
    }

    @Test func readsWhatItWrites() {
        let normalization = WeightNormalization(.spectral, of: [.feedForward, .key, .query])
        #expect(normalization.description == "spectral:query,key,ffn")
        #expect(WeightNormalization(normalization.description) == normalization)
    }

    @Test(arguments: [
        "", "weight", "weight:", ":ffn", "batch:ffn", "weight:ffn:key", "weight:qk", "weight:ffn,", "weight:+ffn",
        "weight:ffn key", "weight:query;key", "Weight:ffn",
    ])
    func refusesTheRest(text: String) { #expect(WeightNormalization(text) == nil) }
}

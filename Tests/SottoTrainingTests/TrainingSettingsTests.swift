import Foundation
import SottoAttentionEntropy
import SottoTraining
import Testing

struct TrainingSettingsTests {
    @Test func surviveJSON() throws {
        var settings = TrainingSettings()
        settings.regulariser = EntropyRegulariser()
        settings.normalization = WeightNormalization(.spectral, of: [.query, .key, .feedForward])
        let data = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(TrainingSettings.self, from: data) == settings)
    }
}

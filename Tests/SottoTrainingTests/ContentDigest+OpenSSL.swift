import SottoRandomness
import SottoTraining

extension ContentDigest {
    static let openSSL = ContentDigest { try Digest.sha256($0) }
}

import Randomness
import Training

extension ContentDigest {
    static let openSSL = ContentDigest { try Digest.sha256($0) }
}

import Foundation

extension ModelWeights {
    /// The most weights that are drawn: 16 GiB of them.
    package static let randomWeightLimit = 1 << 32

    /// Random weights of an architecture: matrices, embeddings and biases normal with mean 0, norms the identity,
    /// temperatures, alpha and beta 1.
    ///
    /// A seed gives the same weights on every run. They stand in for trained ones where only cost matters and are no
    /// secret: the generator is not cryptographic.
    /// - Throws: ``ModelError/invalidDeviation(_:)`` if the standard deviation is negative or not finite,
    ///   ``ModelError/tooManyRandomWeights(count:limit:)`` beyond ``randomWeightLimit``.
    public static func random(
        _ architecture: Architecture, seed: UInt64, standardDeviation: Float = 0.02
    ) throws -> ModelWeights {
        guard standardDeviation.isFinite, standardDeviation >= 0 else {
            throw ModelError.invalidDeviation(standardDeviation)
        }
        let count = architecture.parameterCount
        guard count <= randomWeightLimit else {
            throw ModelError.tooManyRandomWeights(count: count, limit: randomWeightLimit)
        }
        var stream = SplitMix64(state: seed)
        return try ModelWeights(architecture: architecture) { name, shape in
            // Each tensor has a generator of its own.
            let tensorSeed = stream.next()
            let count = shape.reduce(1, *)
            switch name {
            case .finalNormGamma, .layer(_, .norm1Gamma), .layer(_, .norm2Gamma), .layer(_, .temperature),
                .layer(_, .alpha), .layer(_, .beta):
                return WeightTensor(shape: shape, repeating: 1)
            case .finalNormBeta, .layer(_, .norm1Beta), .layer(_, .norm2Beta):
                return WeightTensor(shape: shape, repeating: 0)
            default:
                return WeightTensor(
                    shape: shape, values: SplitMix64.normals(count, seed: tensorSeed, deviation: standardDeviation))
            }
        }
    }
}

/// Steele, Lea and Flood's SplitMix64: a statistical generator, never to be used for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The generator that starts here.
    package init(state: UInt64) {
        self.state = state
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// Normal deviates by Box and Muller's method, in single precision.
    package static func normals(_ count: Int, seed: UInt64, deviation: Float) -> [Float] {
        var generator = SplitMix64(state: seed)
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            var index = 0
            while index < count {
                let word = generator.next()
                // Two 32-bit uniforms, the first in (0, 1] so that its logarithm is finite.
                let radius = deviation * (-2 * log(Float((word >> 40) + 1) * 0x1p-24)).squareRoot()
                let angle = Float(word & 0xFF_FFFF) * (0x1p-24 * 2 * Float.pi)
                buffer.initializeElement(at: index, to: radius * cos(angle))
                if index + 1 < count { buffer.initializeElement(at: index + 1, to: radius * sin(angle)) }
                index += 2
            }
            initialized = count
        }
    }
}

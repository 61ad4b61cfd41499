import SottoAlgebra
import SottoRandomness

/// Why something about encrypted products could not be done. No case carries a secret.
public enum LatticeError: Error, Equatable, CustomStringConvertible {
    /// No ring of the security table holds the ciphertext modulus that these products need.
    case noParameters(neededBits: Int)
    /// A width, shape or magnitude that no product can have.
    case invalidProduct(String)
    /// The product needs more than these parameters prove.
    case parametersTooSmall(String)
    /// A product under other parameters than the party's keys.
    case otherParameters
    /// Operands of another size than the product's shape.
    case wrongElementCount(expected: Int, actual: Int)
    /// An entry of the server's matrix is above the declared magnitude.
    case magnitudeExceeded(bits: Int)
    /// A message of the peer has another size than the shapes say.
    case wrongByteCount(expected: Int, actual: Int)
    /// A message of the peer has set padding bits.
    case nonzeroPadding
    /// A message of the peer holds a residue that is not below its prime.
    case residueOutOfRange
    /// There is no randomness.
    case randomness(RandomnessError)
    /// A source of seeds gave none.
    case noSeed(String)

    public var description: String {
        switch self {
        case .noParameters(let neededBits):
            """
            no ring of the security table holds a ciphertext modulus of \(neededBits) bits; declare a smaller magnitude of \
            the matrix, a narrower ring or fewer inner columns
            """
        case .invalidProduct(let reason): "there is no such product: \(reason)"
        case .parametersTooSmall(let reason):
            "the parameters were made for smaller products: \(reason); pass this product too when they are made"
        case .otherParameters: "the product is under other parameters than the keys; make it with those of the party"
        case .wrongElementCount(let expected, let actual):
            "there are \(actual) elements where the shape has \(expected); pass as many"
        case .magnitudeExceeded(let bits):
            "an entry of the matrix is above the declared 2^\(bits); declare the matrix's own bound"
        case .wrongByteCount(let expected, let actual):
            "the peer sent \(actual) bytes where \(expected) are expected; check that both sides agree on the product"
        case .nonzeroPadding: "the peer's message has set padding bits; end the session"
        case .residueOutOfRange: "the peer's message has a number that is not below its modulus; end the session"
        case .randomness(let error): error.description
        case .noSeed(let reason): "the source of seeds gave none: \(reason)"
        }
    }

    package init(_ error: PackingError) {
        self =
            switch error {
            case .wrongByteCount(let expected, let actual): .wrongByteCount(expected: expected, actual: actual)
            case .nonzeroPadding: .nonzeroPadding
            case .notAnElement: .residueOutOfRange
            }
    }
}

/// What a generator gives, with this module's errors.
package func drawing<Value>(_ body: () throws(RandomnessError) -> Value) throws(LatticeError) -> Value {
    do { return try body() } catch { throw .randomness(error) }
}

extension SeedSource {
    /// A fresh seed, with this module's errors.
    package mutating func drawSeed() throws(LatticeError) -> Seed {
        do { return try nextSeed() } catch let error as RandomnessError { throw .randomness(error) } catch {
            throw .noSeed("\(error)")
        }
    }
}

// The front door of the library: what a program needs that estimates, simulates, serves or asks for private inference, deals
// for it, writes a secure program of its own, or trains a model. `import Sotto` suffices. Protocol suites, preprocessing
// methods and correlations are added inside this package; docs/extending.md says how.

@_exported import SottoAlgebra
@_exported import SottoApproximation
@_exported import SottoAttentionEntropy
@_exported import SottoCostModel
@_exported import SottoFunctionSecretSharing
@_exported import SottoJSON
@_exported import SottoLatticeEncryption
@_exported import SottoModel
@_exported import SottoObliviousTransfer
@_exported import SottoPreprocessing
@_exported import SottoPrivateTransformer
@_exported import SottoRandomness
@_exported import SottoReporting
@_exported import SottoRuns
@_exported import SottoSecureComputation
@_exported import SottoSessions
@_exported import SottoTokenization
@_exported import SottoTraining
@_exported import SottoTransport

/// Why there are no products of matrices for training.
public enum OpenBLASError: Error, Equatable, CustomStringConvertible {
    /// The library is not there or cannot be loaded.
    case notLoaded(library: String, reason: String)
    /// What was loaded lacks a function of OpenBLAS.
    case missingFunction(library: String, function: String)

    public var description: String {
        switch self {
        case .notLoaded(let library, let reason):
            "Training needs OpenBLAS, and \(library) cannot be loaded (\(reason)); \(Self.remedy)."
        case .missingFunction(let library, let function):
            "Training needs OpenBLAS, and \(library) lacks its function \(function); \(Self.remedy)."
        }
    }

    private static let remedy = "install it, on Debian or Ubuntu by apt-get install libopenblas0"
}

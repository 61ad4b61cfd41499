import SottoAlgebra
import SottoCostModel
import SottoRuns

/// Where kernels of matrix products change, for what runs.
enum KnownCrossovers {
    /// Those that `sotto calibrate` has kept of this machine, else the standard. A file that is of no use is said on standard
    /// error, and a missing one is not: every run gives the same results without it.
    static func ofThisMachine() -> ProductCrossovers {
        do throws(CalibrationError) {
            return try CalibrationStore.crossovers()
        } catch .absent {
            return .standard
        } catch {
            Diagnostics.warn("\(error)")
            return .standard
        }
    }
}

import CSottoLatticeKernels

/// The instruction sets that arithmetic modulo short primes has a kernel for; all give the same result, bit for bit.
public enum LatticeKernel: CaseIterable, Sendable {
    case portable, ifma

    package var path: sotto_lattice_path {
        switch self {
        case .portable: SOTTO_LATTICE_PORTABLE
        case .ifma: SOTTO_LATTICE_IFMA
        }
    }

    /// Whether this processor can run the kernel.
    public var isAvailable: Bool { sotto_lattice_available(path) }

    /// The fastest kernel that this processor can run.
    public static var fastest: LatticeKernel { ifma.isAvailable ? .ifma : .portable }
}

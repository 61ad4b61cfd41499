import CSottoGMP

/// Arithmetic modulo any odd prime over GMP's `mpn` functions whose time depends on lengths alone (`mpn_add_n`,
/// `mpn_sub_n`, `mpn_cnd_add_n`, `mpn_cnd_sub_n`, `mpn_addmul_1`, `mpn_sec_mul`).
///
/// Products are reduced by Montgomery's method twice, the second time after a product with `2^(128·limbs) mod p`, so that
/// elements are kept in plain form.
struct LimbKernel: FieldKernel {
    private let modulus: PrimeModulus
    private var n: Int { modulus.limbCount }

    init(_ modulus: PrimeModulus) { self.modulus = modulus }

    func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        map(x, y) { workspace, x, y, out in
            let carry = __gmpn_add_n(out, x, y, workspace.n)
            workspace.bringBelow(out, carry: carry)
        }
    }

    func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        map(x, y) { workspace, x, y, out in
            let borrow = __gmpn_sub_n(out, x, y, workspace.n)
            _ = __gmpn_cnd_add_n(borrow, out, out, workspace.p, workspace.n)
        }
    }

    func multiply(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        map(x, y) { workspace, x, y, out in
            workspace.setProduct(x, y)
            workspace.reduce(into: out)
        }
    }

    func scale(_ x: [UInt64], by y: [UInt64]) -> [UInt64] {
        y.withUnsafeBufferPointer { factor in
            factor.withMemoryRebound(to: UInt.self) { factor in
                map(x, x) { workspace, x, _, out in
                    workspace.setProduct(x, factor.baseAddress!)
                    workspace.reduce(into: out)
                }
            }
        }
    }

    func dots(
        _ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, k: Int, rows: Int, columns: Int, paired: Bool,
        into output: UnsafeMutablePointer<UInt64>
    ) {
        let workspace = LimbWorkspace(modulus)
        let length = k * n
        x.withMemoryRebound(to: UInt.self, capacity: rows * length) { x in
            y.withMemoryRebound(to: UInt.self, capacity: (paired ? rows : columns) * length) { y in
                output.withMemoryRebound(to: UInt.self, capacity: rows * (paired ? 1 : columns) * n) { output in
                    for row in 0..<rows {
                        for column in paired ? row..<(row + 1) : 0..<columns {
                            workspace.clearSum()
                            for index in stride(from: 0, to: length, by: n) {
                                workspace.addProduct(x + row * length + index, y + column * length + index)
                            }
                            workspace.reduce(into: output + (paired ? row : row * columns + column) * n)
                        }
                    }
                }
            }
        }
    }

    /// GMP's limbs are words of this machine, of 64 bits.
    private func map(
        _ x: [UInt64], _ y: [UInt64],
        _ body: (LimbWorkspace, UnsafePointer<UInt>, UnsafePointer<UInt>, UnsafeMutablePointer<UInt>) -> Void
    ) -> [UInt64] {
        precondition(x.count == y.count)
        let workspace = LimbWorkspace(modulus)
        return [UInt64](unsafeUninitializedCapacity: x.count) { out, initialized in
            initialized = x.count
            guard !x.isEmpty else { return }
            out.withMemoryRebound(to: UInt.self) { out in
                x.withUnsafeBufferPointer { x in
                    x.withMemoryRebound(to: UInt.self) { x in
                        y.withUnsafeBufferPointer { y in
                            y.withMemoryRebound(to: UInt.self) { y in
                                for start in stride(from: 0, to: x.count, by: n) {
                                    body(
                                        workspace, x.baseAddress! + start, y.baseAddress! + start,
                                        out.baseAddress! + start)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

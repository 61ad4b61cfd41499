/// Loops over elements of a prime field, each `limbCount` limbs of a flat array and below p.
///
/// Every operation runs the same instructions for all values: sums and products of limbs, and selections by masks.
package protocol FieldKernel: Sendable {
    func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64]
    func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64]
    func multiply(_ x: [UInt64], _ y: [UInt64]) -> [UInt64]
    /// Every element of `x` times the one element `y`.
    func scale(_ x: [UInt64], by y: [UInt64]) -> [UInt64]
    /// Row `i` of `[rows, k]` times row `j` of `[columns, k]`, for all pairs of rows or with `paired` for `i = j` only.
    /// Sums of products are reduced once, at their end.
    func dots(
        _ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, k: Int, rows: Int, columns: Int, paired: Bool,
        into output: UnsafeMutablePointer<UInt64>)
}

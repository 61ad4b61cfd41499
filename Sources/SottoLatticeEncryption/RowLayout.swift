/// How the numbers of rows lie in ciphertexts, and how far these are taken apart.
///
/// Rows come in groups of `m = 2^groupLevels`, one after the other. A ciphertext has the numbers of `2^levels` groups: that of
/// row u of the group at coefficient i is the coefficient of `X^i·Y^u` with `Y = X^(2^levels)`. Taken apart by the first levels,
/// it leaves a ciphertext for each group, of the sum of all `b_u·Y^u`.
///
/// On polynomials in Y the automorphism g of level `levels + groupLevels - 1` has the order m, and takes Y to Y times a root of
/// unity of that order. So `b_u` is `Y^(-u)` times the mean of all `g^k(Y)^(-u)·Y^u·g^k(C)`, k below m, and with polynomials
/// `P_u` of the rows' elements
///
///     sum of b_u·P_u  =  1/m · sum over k of g^k(C · sum over u of Y^(-u)·g^(-k)(P_u)).
///
/// The sums over k of all groups that have elements in a response are added up before the automorphisms, which take `m - 1` key
/// switches for each response then: `T_0 + g(T_1 + g(T_2 + ...))`. Groups of more rows save those of the last levels, one or two
/// for each number. A response's coefficients are of use as they are with groups of a single row, each for one element.
package struct RowLayout: Hashable, Sendable {
    /// The levels by which ciphertexts of numbers are taken apart.
    package let levels: Int
    /// `log2` of the rows of a group.
    package let groupLevels: Int

    package init(levels: Int, groupLevels: Int) {
        self.levels = levels
        self.groupLevels = groupLevels
    }

    /// The rows of a group.
    package var groupRows: Int { 1 << groupLevels }
    /// `log2` of the numbers in a ciphertext.
    package var numberLevels: Int { levels + groupLevels }

    package func groupCount(_ product: RowProduct) -> Int { (product.rows.rowCount - 1) >> groupLevels + 1 }
    package func requestCount(_ product: RowProduct) -> Int { (product.rows.rowCount - 1) >> numberLevels + 1 }

    /// The groups whose numbers are in a ciphertext of the request.
    package func groupRange(request: Int, _ product: RowProduct) -> Range<Int> {
        (request << levels)..<min(groupCount(product), (request + 1) << levels)
    }

    /// The rows whose numbers are in a ciphertext of the request.
    package func rowRange(request: Int, _ product: RowProduct) -> Range<Int> {
        (request << numberLevels)..<min(product.rows.rowCount, (request + 1) << numberLevels)
    }

    package func rowRange(group: Int, _ product: RowProduct) -> Range<Int> {
        (group << groupLevels)..<min(product.rows.rowCount, (group + 1) << groupLevels)
    }

    /// The coefficient of a row's number in its ciphertext.
    package func place(row: Int) -> Int {
        let number = row & (1 << numberLevels - 1)
        return ExpansionPart.place(number >> groupLevels, levels: levels) + (number & (groupRows - 1)) << levels
    }

    // MARK: Costs

    /// Key switches of the answer: at each level those of all parts that groups are in, and those of responses.
    package func keySwitches(_ product: RowProduct, _ ring: RingShape) -> Int {
        func taken(_ groups: Int) -> Int {
            groups == 0
                ? 0
                : (0..<levels).reduce(0) {
                    $0 + ExpansionPart.count(groups, level: $1, of: levels) * ring.repeats($1)
                }
        }
        let (full, rest) = groupCount(product).quotientAndRemainder(dividingBy: 1 << levels)
        return full * taken(1 << levels) + taken(rest)
            + EncryptedRowProduct.blocks(product, ring) * responseSwitches(ring)
    }

    /// Key switches of one response.
    package func responseSwitches(_ ring: RingShape) -> Int {
        groupLevels == 0 ? 0 : (groupRows - 1) * ring.repeats(numberLevels - 1)
    }

    /// Roughly the answer's work, in transforms modulo one prime.
    private func work(_ product: RowProduct, _ ring: RingShape) -> Int {
        // A group has elements in one response, and in one more for each response's end.
        let products = (groupCount(product) + EncryptedRowProduct.blocks(product, ring)) << groupLevels
        return keySwitches(product, ring) * ring.switchTransforms + products * ring.primeCount * 3 / 2
    }

    /// The largest groups: a response takes the memory of so many ciphertexts while it is made.
    private static let largestGroupLevels = 4

    /// As many numbers in a ciphertext as there are levels for, or rows; of groups those that take the least work, which costs
    /// no bytes.
    package static func best(for product: RowProduct, _ ring: RingShape) -> RowLayout {
        let numbers = min(ring.packingLevels, Int.bitWidth - (product.rows.rowCount - 1).leadingZeroBitCount)
        let layouts = (0...min(numbers, largestGroupLevels)).map { RowLayout(levels: numbers - $0, groupLevels: $0) }
        return layouts.min { $0.work(product, ring) < $1.work(product, ring) }!
    }
}

/// Integer polynomials of degree at most 3, one for each interval of a partition.
package struct SelectionTable: Sendable, Hashable {
    /// Row `i` holds the coefficients `c_0, c_1, ...` that hold when exactly the first `i` bits are set.
    package let rows: [[Int64]]

    package var thresholds: Int { rows.count - 1 }
    package var degree: Int { rows[0].count - 1 }

    /// - Precondition: at least one row, all rows of the same length, 1 to 4.
    package init(rows: [[Int64]]) {
        precondition(!rows.isEmpty && (1...4).contains(rows[0].count) && rows.allSatisfy { $0.count == rows[0].count })
        self.rows = rows
    }
}

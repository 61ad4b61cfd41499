import SottoAlgebra

extension ProgramBuilder {
    /// The largest element of every row, by a tournament: each level compares neighbours and keeps the larger; an odd one
    /// out goes up as it is. Exact.
    ///
    /// - Parameter rows: the rows that lie one after the other in `x`, each of at least one element.
    /// - Returns: one element for each row, in the ring of `x`, which must hold the difference of any two elements.
    /// - Communication: for each of `ceil(log2(longest row))` levels one rectifier of all pairs.
    public func maximum(_ x: Secret, rows: Segments) throws -> Secret {
        guard x.count == rows.elementCount, rows.lengths.allSatisfy({ $0 > 0 }) else {
            throw ProgramError.shape(
                path: path("maximum"), expected: "rows of at least one element, \(rows.elementCount) in all",
                got: "\(x.count) elements")
        }
        var current = x
        var rows = rows
        while rows.longest > 1 {
            let pairs = [rows.pairCount]
            let first = try map(current, .pairElements(rows, second: false), shape: pairs)
            let second = try map(current, .pairElements(rows, second: true), shape: pairs)
            let difference = try subtract(first, second)
            let kept = try rectified(difference)
            let larger = try add(second, kept).promisedMagnitude(x.magnitude)
            let next = [rows.halved.elementCount]
            current = try add(
                try map(larger, .placePairs(rows), shape: next), try map(current, .placeLeftovers(rows), shape: next)
            ).promisedMagnitude(x.magnitude)
            rows = rows.halved
        }
        return current.reshaped([rows.rowCount])
    }
}

extension Secret {
    /// The same value under a tighter raw bound that the program can prove.
    func promisedMagnitude(_ magnitude: Double) -> Secret {
        Secret(slot: slot, shape: shape, scale: scale, magnitude: min(magnitude, self.magnitude), width: width)
    }

    /// The same value under a looser raw bound.
    /// - Precondition: the value stays below it.
    func withMagnitude(_ magnitude: Double) -> Secret {
        Secret(slot: slot, shape: shape, scale: scale, magnitude: magnitude, width: width)
    }
}

extension ProgramBuilder {
    /// `x` under a bound (real units) that is declared, not proved: the plaintext interpreter compares it with the values.
    ///
    /// Declare it on the last of a chain of linear operations: what they pass through may wrap.
    public func declared(_ x: Secret, below bound: Double, as name: String) -> Secret {
        let tighter = bounds[x.slot].map { $0.bound <= bound } ?? false
        if !tighter {
            bounds[x.slot] = DeclaredBound(path: path(of: x.slot), name: name, bound: bound, scale: x.scale)
        }
        return x.promised(below: bound)
    }
}

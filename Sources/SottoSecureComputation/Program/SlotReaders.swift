/// Which slots of a program in progress nobody will read any more.
struct SlotReaders {
    private var left: [Int]

    init(_ program: Program) { left = program.readers }

    /// - Returns: the slots that the primitive was the last to read, or that nobody reads.
    mutating func finish(_ primitive: any Primitive) -> [Int] {
        var released = primitive.outputs.filter { left[$0] == 0 }
        let inputs = primitive.inputs
        for (place, slot) in inputs.enumerated() where !inputs[..<place].contains(slot) {
            left[slot] -= 1
            if left[slot] == 0 { released.append(slot) }
        }
        return released
    }
}

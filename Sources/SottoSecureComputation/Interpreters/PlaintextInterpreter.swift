import SottoAlgebra

/// Runs a program on fixed-point integers in one place: what a private run gives, up to one unit in the last place for
/// each truncation.
public struct PlaintextInterpreter: Sendable {
    public init() {}

    /// - Parameter trace: called after every instruction with its path and the values of its first output.
    public func run(
        _ program: Program, tensors: any TensorSource, kept: KeptValues = KeptValues(),
        trace: ((String, [Int64]) -> Void)? = nil
    ) throws -> PlaintextState {
        let state = PlaintextState(
            bounds: program.bounds, slotCount: program.slotCount, tensors: tensors, kept: kept)
        var readers = SlotReaders(program)
        for instruction in program.instructions {
            state.path = instruction.path
            try instruction.primitive.evaluate(state)
            if let trace, let slot = instruction.primitive.outputs.first, let values = try? state.values(slot) {
                trace(instruction.path, values)
            }
            state.release(readers.finish(instruction.primitive))
        }
        return state
    }
}

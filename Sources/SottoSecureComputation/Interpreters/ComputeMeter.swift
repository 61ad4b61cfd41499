import SottoPreprocessing
import SottoTransport
import Synchronization

/// Keeps what a party's local work takes, step by step, in whole nanoseconds of its thread's processor time; waiting is not
/// work. The threads that help with matrix products count as the time in which this one works with them.
///
/// With a function in place of the clock it counts made-up times, which makes a run on a virtual clock repeatable.
public final class ComputeMeter: Sendable {
    private let substitute: (@Sendable (PartyStep) -> Int)?
    private let recorded = Mutex<[Int: InstructionTimes]>([:])
    private let total = Atomic<Int>(0)

    /// Measures.
    public init() { substitute = nil }

    /// - Parameter substitute: nanoseconds of a step, in place of measured ones.
    package init(substitute: @escaping @Sendable (PartyStep) -> Int) { self.substitute = substitute }

    /// Online work so far; may be read by any thread.
    public var online: Duration { .nanoseconds(total.load(ordering: .acquiring)) }

    /// By instruction.
    public var times: [Int: InstructionTimes] { recorded.withLock { $0 } }

    func record(_ step: PartyStep, online: Duration, correlations: CorrelationTimes) {
        guard let place = step.place else { return }
        let nanoseconds = substitute?(step) ?? online.wholeNanoseconds
        recorded.withLock {
            $0[step.instruction, default: InstructionTimes()].add(nanoseconds, at: place)
            $0[step.instruction]!.preparation += correlations.preparation.wholeNanoseconds
            $0[step.instruction]!.dealing += correlations.dealing.wholeNanoseconds
        }
        total.add(nanoseconds, ordering: .releasing)
    }
}

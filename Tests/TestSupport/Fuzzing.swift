import Foundation

/// How much tests with damaged inputs do. `SOTTO_FUZZ_INPUTS` asks for more inputs, about so many for each decoder, and
/// `SOTTO_FUZZ_SEED` for others.
public enum Fuzzing {
    /// What a test does once is worth so many inputs.
    private static let usual = 1500

    /// How often a test does what it does.
    public static var factor: Int { max(1, (number("SOTTO_FUZZ_INPUTS") ?? usual) / usual) }

    /// A test's own seed, or another one where that is asked for.
    public static func seed(_ own: UInt64) -> UInt64 {
        own &+ 1000 &* (UInt64(truncatingIfNeeded: number("SOTTO_FUZZ_SEED") ?? 1) &- 1)
    }

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}

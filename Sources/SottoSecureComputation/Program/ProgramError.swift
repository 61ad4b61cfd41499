public enum ProgramError: Error, Equatable, Sendable, CustomStringConvertible {
    case headroom(path: String, needed: Int, available: Int)
    case shape(path: String, expected: String, got: String)
    case unsupported(path: String, reason: String)
    /// The input of a scalar function may be beyond what the function is made for.
    case beyondFunction(path: String, bound: Double, limit: Double)
    /// A norm of inputs of this bound would miss its documented error.
    case imprecise(path: String, bound: Double)
    /// A message that no frame holds.
    case oversizedFrame(path: String, bytes: Int, limit: Int)
    case tooManyRounds(path: String, rounds: Int, limit: Int)
    case tooManyInstructions(limit: Int)

    public var description: String {
        switch self {
        case .headroom(let path, let needed, let available):
            "\(path) needs \(needed) bits and its values have \(available); lower the bound, the width or the precision."
        case .shape(let path, let expected, let got): "\(path) expects \(expected) and was given \(got)."
        case .unsupported(let path, let reason): "\(path): \(reason)."
        case .beyondFunction(let path, let bound, let limit):
            "\(path) takes inputs up to \(Self.plain(limit)) and the bound of its input is \(Self.plain(bound)); "
                + "declare a smaller one."
        case .oversizedFrame(let path, let bytes, let limit):
            "\(path) would send \(bytes) bytes in one frame and \(limit) are the most; run fewer positions, or write the "
                + "operation in parts."
        case .tooManyRounds(let path, let rounds, let limit):
            "\(path) has \(rounds) rounds and \(limit) are the most that a primitive can have; write it as several."
        case .tooManyInstructions(let limit):
            "The program has more than \(limit) instructions, the most there are tags for; run fewer positions or layers."
        case .imprecise(let path, let bound):
            "\(path) would be too inexact with the bound \(Self.plain(bound)) of its input; declare a smaller one."
        }
    }

    /// Without the fraction that a bound has from the rounding of its input.
    private static func plain(_ bound: Double) -> String {
        bound >= 16 && bound < 1e15 ? "\(Int64(bound))" : "\(bound)"
    }
}

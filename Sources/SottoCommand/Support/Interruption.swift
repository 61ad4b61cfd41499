/// The end of a command that a signal asked to stop.
struct Interruption: Error, CustomStringConvertible {
    let signal: Int32
    let message: String

    var description: String { message }
}

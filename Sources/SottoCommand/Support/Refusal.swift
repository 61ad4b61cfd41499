/// How the program refuses arguments that name no command to run, so that tests need no process for each of very many.
package struct Refusal {
    /// The exit status.
    package let status: Int32
    /// What standard error gets; standard output gets nothing.
    package let message: String

    /// Nil where there is a command, which may still refuse to run, and where help is asked for.
    package init?(of arguments: [String]) {
        do {
            _ = try Sotto.command(arguments)
            return nil
        } catch {
            let failure = Failure(error)
            guard !failure.isOutput else { return nil }
            (status, message) = (failure.status.rawValue, failure.lines)
        }
    }
}

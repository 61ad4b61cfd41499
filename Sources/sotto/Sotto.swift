import ArgumentParser

@main
struct Sotto: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sotto")
}

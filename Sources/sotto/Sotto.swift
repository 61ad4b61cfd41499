import ArgumentParser

@main
struct Sotto: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sotto", subcommands: [Demo.self, Serve.self, Complete.self, Deal.self])
}

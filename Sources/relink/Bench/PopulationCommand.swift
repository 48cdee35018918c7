import ArgumentParser

/// Fills the database of a cloud that does not run; `benchmarks/` calls it.
struct PopulationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-population", abstract: "Fill a cloud's database with live sessions.",
    shouldDisplay: false)

  @Argument var sessions: Int
  @Argument(completion: .directory) var folder: String

  func run() async throws {
    try await Population.grow(to: self.sessions, in: self.folder)
  }
}

import ArgumentParser
import Foundation

@main
struct Relink: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relink",
    abstract: "A smart-home laboratory in a box: pair, rotate, log everyone out, link again.",
    discussion: """
      EXAMPLES
        relink demo                       play the whole story of two homes
        relink test scenarios/            run the scenarios as a regression suite
        relink simulate --seeds 10000     explore what nobody has thought of
        relink scenario check scenarios/  read scenario files, and run nothing
        relink cloud --ephemeral          run the mock cloud alone
        relink status                     what the cloud knows
        relink logout everyone            log everybody out
        relink faults add --reset ...     have the cloud fail on purpose
        relink audit                      list the forced logouts
        relink token scan logs/           find tokens that leaked
        relink account --help             an owner's password, sessions, second factor
        relink clock advance 1h           let an hour pass at once

      Shell completions: relink --generate-completion-script bash|zsh|fish
      """,
    version: "0.1.0",
    subcommands: [
      DemoCommand.self, TestCommand.self, SimulateCommand.self, ScenarioCommand.self,
      CloudCommand.self, APICommand.self, StatusCommand.self, ClientsCommand.self,
      LogoutCommand.self,
      AuditCommand.self, AccountCommand.self, TokenCommand.self, ClockCommand.self,
      KeysCommand.self, ReceiversCommand.self, RequestsCommand.self, SnapshotCommand.self,
      FaultsCommand.self, WorldCommand.self,
      PayloadCommand.self, CertificateCommand.self, BenchCommand.self, SimulationProbe.self,
      LoadCommand.self, PopulationCommand.self,
    ])

  static func main() async {
    // A reader that has gone away (`| head`) ends what is said, and not the run or its report.
    signal(SIGPIPE, SIG_IGN)
    self.failIfNotWritten()
    var running: (any ParsableCommand.Type)?
    do {
      var command = try self.parseAsRoot()
      running = type(of: command)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as ValidationError {
      // The library points to the help of the command that failed only before that runs.
      guard let running, let words = self.words(to: running, from: self) else {
        self.exit(withError: error)
      }
      let text = "Error: \(error)\n  See '\(words.joined(separator: " ")) --help' for more.\n"
      try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
      self.exit(withError: ExitCode.validationFailure)
    } catch {
      self.exit(withError: error)
    }
  }

  /// As in `relink faults add`.
  private static func words(
    to command: any ParsableCommand.Type, from parent: any ParsableCommand.Type
  ) -> [String]? {
    if parent == command { return [parent._commandName] }
    for child in parent.configuration.subcommands {
      if let rest = self.words(to: command, from: child) { return [parent._commandName] + rest }
    }
    return nil
  }

  /// Standard output is written at the end, when nobody looks whether it could be: a full disk must not
  /// pass for success. A reader that has gone away has seen what it wanted.
  private static func failIfNotWritten() {
    on_exit(
      { status, _ in
        guard fflush(nil) != 0, errno != EPIPE else { return }
        let text = "relink: standard output can't be written: \(String(cString: strerror(errno)))\n"
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        _exit(status == 0 ? 1 : status)
      }, nil)
  }
}

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
      KeysCommand.self, RequestsCommand.self, SnapshotCommand.self, FaultsCommand.self,
      WorldCommand.self,
      PayloadCommand.self, CertificateCommand.self, BenchCommand.self, SimulationProbe.self,
      LoadCommand.self,
    ])

  static func main() async {
    // A reader that has gone away (`| head`) ends what is said, and not the run or its report.
    signal(SIGPIPE, SIG_IGN)
    self.failIfNotWritten()
    await self.main(nil)
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

import DeviceHost
import Glibc

/// Writes one line to the standard error; nobody may be there to read it.
func complain(_ text: String) {
  let line = [UInt8]("relink-device: \(text)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}

/// Runs a device until a signal ends it; what it holds is let go before this returns.
///
/// - Returns: The process's exit code.
func run(_ options: CommandLineOptions.Options) throws -> CInt {
  if options.exitsWithParent { try exitWithParent() }
  let configuration = try DeviceConfiguration(options) { complain($0.description) }
  let process = try DeviceProcess(configuration, journal: .onStandardOutput())
  return try process.run() == SIGINT ? 128 + SIGINT : EXIT_SUCCESS
}

do {
  switch try CommandLineOptions(arguments: Array(CommandLine.arguments.dropFirst())).action {
  case .showHelp:
    print(helpText)
  case .showVersion:
    print("relink-device \(relinkVersion)")
  case .run(let options):
    exit(try run(options))
  }
} catch let error as UsageError {
  complain("\(error.words)\nTry 'relink-device --help'.")
  exit(EX_USAGE)
} catch {
  complain("\(error)")
  exit(EXIT_FAILURE)
}

import DeviceProtocol

/// A command line that is not as `--help` says.
struct UsageError: Error, Equatable {
  let words: String
}

/// What the command line asks for, as text, before any file is looked at.
struct CommandLineOptions {
  enum Action {
    case showHelp
    case showVersion
    case run(Options)
  }

  /// The options of a run; nil or false where one is absent.
  struct Options {
    var kind: DeviceKind
    var cloud = ""
    var flashPath: String?
    var authoritiesPath: String?
    var developmentCAFolder: String?
    var worldPath: String?
    var model: String?
    var firmwareVersion: String?
    var manifestPath: String?
    var network: String?
    var payload: String?
    var heartbeatSeconds: UInt32?
    var backoffBaseMilliseconds: UInt32?
    var backoffCapSeconds: UInt32?
    var certificatePath: String?
    var keyPath: String?
    var seed: UInt64?
    var exitsWithParent = false
  }

  let action: Action

  /// - Parameter arguments: Without the program's name. `--option=value` is `--option value`.
  init(arguments: [String]) throws(UsageError) {
    if arguments.contains("--help") || arguments.contains("-h") {
      self.action = .showHelp
      return
    }
    if arguments.contains("--version") {
      self.action = .showVersion
      return
    }
    guard let word = arguments.first else {
      throw UsageError(words: "what kind of device, camera or scale?")
    }
    guard let kind = DeviceKind([UInt8](word.utf8)) else {
      throw UsageError(words: "'\(word)' is no kind of device; they are camera and scale")
    }
    self.action = .run(try parse(arguments.dropFirst(), kind: kind))
  }
}

private func parse(_ arguments: ArraySlice<String>, kind: DeviceKind) throws(UsageError)
  -> CommandLineOptions.Options
{
  var options = CommandLineOptions.Options(kind: kind)
  var rest = arguments
  var seen: [String] = []
  while let argument = rest.popFirst() {
    let (name, attached) = split(argument)
    guard !seen.contains(name) else { throw UsageError(words: "\(name) is there twice") }
    seen.append(name)
    if name == "--exit-with-parent" {
      guard attached == nil else { throw UsageError(words: "\(name) takes no value") }
      options.exitsWithParent = true
      continue
    }
    guard let set = setters[name] else {
      throw UsageError(
        words: name.hasPrefix("--")
          ? "there is no option \(name)"
          : "an argument behind \(seen.dropLast().last ?? kind.text.description) is one too many; quote a value with spaces"
      )
    }
    guard let value = attached ?? rest.popFirst() else {
      throw UsageError(words: "\(name) needs a value")
    }
    guard !value.isEmpty else { throw UsageError(words: "the value of \(name) is empty") }
    try set(&options, value)
  }
  guard !options.cloud.isEmpty else { throw UsageError(words: "--cloud URL is missing") }
  guard (options.certificatePath == nil) == (options.keyPath == nil) else {
    throw UsageError(words: "--certificate and --key go together")
  }
  return options
}

/// An option's name and the value that an equals sign attaches to it.
private func split(_ argument: String) -> (name: String, value: String?) {
  guard argument.hasPrefix("--"), let equals = argument.utf8.firstIndex(of: UInt8(ascii: "="))
  else { return (argument, nil) }
  return (String(argument[..<equals]), String(argument[argument.utf8.index(after: equals)...]))
}

private typealias Setter =
  @Sendable (inout CommandLineOptions.Options, String) throws(UsageError)
  -> Void

/// How each option that takes a value is read.
private let setters: [String: Setter] = [
  "--cloud": { (options, value) throws(UsageError) in options.cloud = value },
  "--flash": { (options, value) throws(UsageError) in options.flashPath = value },
  "--ca": { (options, value) throws(UsageError) in options.authoritiesPath = value },
  "--development-ca": { (options, value) throws(UsageError) in
    options.developmentCAFolder = value
  },
  "--world": { (options, value) throws(UsageError) in options.worldPath = value },
  "--model": { (options, value) throws(UsageError) in options.model = value },
  "--firmware": { (options, value) throws(UsageError) in options.firmwareVersion = value },
  "--manifest": { (options, value) throws(UsageError) in options.manifestPath = value },
  "--network": { (options, value) throws(UsageError) in options.network = value },
  "--payload": { (options, value) throws(UsageError) in options.payload = value },
  "--certificate": { (options, value) throws(UsageError) in options.certificatePath = value },
  "--key": { (options, value) throws(UsageError) in options.keyPath = value },
  "--heartbeat-seconds": { (options, value) throws(UsageError) in
    options.heartbeatSeconds = try number(value, of: "--heartbeat-seconds", 1...86_400)
  },
  "--backoff-base-milliseconds": { (options, value) throws(UsageError) in
    options.backoffBaseMilliseconds = try number(
      value, of: "--backoff-base-milliseconds", 1...3_600_000)
  },
  "--backoff-cap-seconds": { (options, value) throws(UsageError) in
    options.backoffCapSeconds = try number(value, of: "--backoff-cap-seconds", 1...86_400)
  },
  "--seed": { (options, value) throws(UsageError) in
    options.seed = try number(value, of: "--seed", 0...UInt64.max)
  },
]

private func number<Integer: FixedWidthInteger>(
  _ text: String, of option: String, _ range: ClosedRange<Integer>
) throws(UsageError) -> Integer {
  guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
    let number = Integer(text), range.contains(number)
  else {
    throw UsageError(
      words: "\(option) is a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
  }
  return number
}

import ArgumentParser
import Scenarios

struct ClockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock",
    abstract: "Read and set a running cloud's clock; everything that expires follows it.",
    discussion: """
      It is kept over restarts and never goes backwards without --force. Certificates of
      TLS and the times of log lines follow the machine's clock.

      EXAMPLES
        relink clock
        relink clock advance 1h
        relink clock set 2030-01-31T12:00:00Z
        relink clock freeze
        relink clock resume
        relink clock set machine --force    follow the machine's clock again
      """,
    subcommands: [Read.self, Set.self, Advance.self, Freeze.self, Resume.self],
    defaultSubcommand: Read.self)

  /// What all of them share.
  struct Options: ParsableArguments {
    @OptionGroup var admin: AdminOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run(_ body: (AdminClient) async throws -> CloudClock) async throws {
      let clock = try await self.admin.withClient(body)
      if self.json {
        print(try clock.jsonText())
        return
      }
      let ahead =
        clock.aheadMs == 0
        ? "as the machine's clock"
        : "\(Self.duration(clock.aheadMs.magnitude)) \(clock.aheadMs > 0 ? "ahead of" : "behind") the machine's clock"
      print("\(Terminal.printable(clock.time)), \(clock.frozen ? "frozen" : "running"), \(ahead)")
    }

    private static func duration(_ milliseconds: UInt64) -> String {
      let seconds = milliseconds / 1_000
      let parts = [
        (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"),
        (seconds % 60, "s"), (milliseconds % 1_000, "ms"),
      ]
      return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
  }

  struct Read: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what the clock reads.", discussion: "EXAMPLE\n  relink clock read --json")
    @OptionGroup var options: Options
    func run() async throws { try await self.options.run { try await $0.clock() } }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Set the clock; it goes on from there, or stands there when it is frozen.",
      discussion: "EXAMPLE\n  relink clock set 2030-01-31T12:00:00Z")
    @Argument(
      help:
        "ISO 8601 with a zone, milliseconds since 1970, or 'machine' to follow the machine's clock."
    )
    var time: ClockTarget
    @Flag(help: "Let it go backwards.") var force = false
    @OptionGroup var options: Options

    func run() async throws {
      let request =
        switch self.time {
        case .machine: SetClockRequest(machine: true, force: self.force)
        case .time(let time): SetClockRequest(time: time.text, force: self.force)
        }
      try await self.options.run { try await $0.setClock(request) }
    }
  }

  struct Advance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let time pass at once.",
      discussion: """
        EXAMPLES
          relink clock advance 3600
          relink clock advance 90min
          relink clock advance --force -- -10min    backwards
        """)
    @Argument(help: "Seconds, or a number with ms, s, min, h or d; a negative one after --.")
    var duration: LapseOfTime
    @Flag(help: "Let it go backwards, by a negative duration after --.") var force = false
    @OptionGroup var options: Options

    func run() async throws {
      try await self.options.run {
        try await $0.advanceClock(milliseconds: self.duration.milliseconds, force: self.force)
      }
    }
  }

  struct Freeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let the clock stand still; it can still be set and advanced.",
      discussion: "EXAMPLE\n  relink clock freeze")
    @OptionGroup var options: Options
    func run() async throws { try await self.options.run { try await $0.freezeClock() } }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let the clock run on from where it stands.",
      discussion: "EXAMPLE\n  relink clock resume")
    @OptionGroup var options: Options
    func run() async throws { try await self.options.run { try await $0.resumeClock() } }
  }
}

/// What a clock can be set to.
enum ClockTarget: ExpressibleByArgument {
  /// It follows the machine's again.
  case machine
  case time(CloudTime)

  init?(argument: String) {
    if argument == "machine" {
      self = .machine
    } else if let time = CloudTime(argument: argument) {
      self = .time(time)
    } else {
      return nil
    }
  }
}

/// As in `90min`; seconds without a unit.
struct LapseOfTime: ExpressibleByArgument {
  let milliseconds: Int64

  init?(argument: String) {
    let number = argument.prefix { $0.isASCII && $0.isNumber || $0 == "-" }
    let factors: [String: Int64] = [
      "": 1_000, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]
    guard let value = Int64(number), let factor = factors[String(argument.dropFirst(number.count))]
    else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    self.milliseconds = product
  }
}

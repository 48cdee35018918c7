import ArgumentParser
import CloudCore
import Foundation
import Scenarios

struct FaultsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults",
    abstract: "Have a running cloud fail on purpose, and see where it did.",
    discussion: """
      docs/faults.md tells what there is, and what it means.

      EXAMPLES
        relink faults add --grant refresh_token --after-commit
        relink faults add --endpoint 'POST /v1/device/heartbeat' --status 503 --header 'Retry-After: 30'
        relink faults list
        relink faults firings
        relink faults remove --all
      """,
    subcommands: [Add.self, List.self, Remove.self, Firings.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a fault.",
      discussion: """
        It strikes one request, the first that fits all that is said; --count, --every and
        --probability say otherwise.

        EXAMPLES
          The third refresh of a camera is answered, and the answer is lost:
            relink faults add --grant refresh_token --kind camera --skip 2 --after-commit
          The next request gets a reset, and nothing happens:
            relink faults add --reset
          Every response ends after 100 bytes with a reset:
            relink faults add --every 1 --after-byte 100 --reset
          A tenth of all requests is told to come back later, the same tenth each time:
            relink faults add --probability 0.1 --seed 7 --status 429 --header 'Retry-After: 5'
          The next connection is shown an expired certificate:
            relink faults add --certificate expired
        """)

    @OptionGroup(title: "Whom it strikes") var match: Match
    @OptionGroup(title: "Which of them") var turn: Turn
    @OptionGroup(title: "When and how") var deed: Deed
    @OptionGroup var admin: AdminOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
      var fault = AdminFault()
      self.match.apply(to: &fault)
      self.turn.apply(to: &fault)
      try self.deed.apply(to: &fault)
      let order = fault
      let added = try await self.admin.withClient { try await $0.addFault(order) }
      print(self.json ? try added.jsonText() : "fault \(added.id ?? 0): \(added.summary)")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the faults in force, how often each matched and fired.",
      discussion: "EXAMPLE\n  relink faults list --json | jq '.[].fired'")
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
      let faults = try await self.admin.withClient { try await $0.faults() }
      if self.json {
        print(try faults.jsonText())
      } else if faults.isEmpty {
        print("no fault is in force")
      } else {
        var rows = [["ID", "FAULT", "WHICH", "MATCHED", "FIRED"]]
        for fault in faults {
          rows.append([
            "\(fault.id ?? 0)", Terminal.printable(fault.summary), fault.turnText,
            "\(fault.matched ?? 0)",
            "\(fault.fired ?? 0)",
          ])
        }
        print(Terminal().table(rows))
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove faults by their ids, or all.",
      discussion: "EXAMPLES\n  relink faults remove 1 3\n  relink faults remove --all")
    @Argument(help: "As 'relink faults list' shows them.") var ids: [UInt64] = []
    @Flag(help: "Remove all of them.") var all = false
    @OptionGroup var admin: AdminOptions

    func validate() throws {
      guard self.all != !self.ids.isEmpty else {
        throw ValidationError("Say which: their ids, or --all.")
      }
    }

    func run() async throws {
      try await self.admin.withClient { client in
        if self.all {
          try await client.removeFaults()
          print("all faults are removed")
        }
        var unknown: [UInt64] = []
        for id in self.ids {
          if try await client.removeFault(id) {
            print("fault \(id) is removed")
          } else {
            unknown.append(id)
          }
        }
        guard unknown.isEmpty else {
          throw LabError(
            .unexpectedAnswer,
            "there is no fault \(unknown.map { "\($0)" }.joined(separator: ", "))")
        }
      }
    }
  }

  struct Firings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show which requests and connections were struck, from the oldest on.",
      discussion: "EXAMPLE\n  relink faults firings --limit 10")
    @Option(help: ArgumentHelp("Show at most so many of the newest.", valueName: "count"))
    var limit = 100
    @Option(help: ArgumentHelp("Only those of this fault.", valueName: "id"))
    var fault: UInt64?
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
      guard (1...10_000).contains(self.limit) else {
        throw ValidationError("--limit must be from 1 to 10000.")
      }
    }

    func run() async throws {
      let firings = try await self.admin.withClient {
        try await $0.firings(limit: self.limit, fault: self.fault)
      }
      if self.json {
        print(try firings.jsonText())
      } else if firings.isEmpty {
        print("no fault has fired")
      } else {
        var rows = [["AT", "FAULT", "STRUCK", "WHAT", "OUTCOME"]]
        for firing in firings { rows.append(Self.row(of: firing)) }
        print(Terminal().table(rows))
      }
    }

    private static func row(of firing: AdminFiring) -> [String] {
      let bytes = firing.responseBytes.map { " after \($0) bytes" } ?? ""
      return [
        ShownTime.exact(firing.at), "\(firing.faultId)", Terminal.printable(firing.target),
        Terminal.printable(firing.did.summary), firing.outcome + bytes,
      ]
    }
  }
}

extension FaultsCommand {
  struct Match: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "A method and a path, or a path: 'POST /oauth/token', '/v1/devices/*', 'GET /v1/**'.",
        valueName: "pattern"))
    var endpoint: String?
    @Option(help: "A request at the token endpoint.") var grant: GrantName?
    @Option(help: ArgumentHelp("A client_id.", valueName: "client-id"))
    var client: String?
    @Option(help: "A kind of client.") var kind: ClientKind?
    @Option(help: ArgumentHelp("An account's e-mail address.", valueName: "email"))
    var account: String?
    @Option(help: ArgumentHelp("A device's id.", valueName: "id"))
    var device: String?
    @Option(help: "The peer's IP address.")
    var address: String?
    @Option(
      help: ArgumentHelp("With --certificate: the host that TLS asks for.", valueName: "name"))
    var serverName: String?

    func apply(to fault: inout AdminFault) {
      fault.endpoint = self.endpoint
      fault.grant = self.grant?.rawValue
      fault.client = self.client
      fault.kind = self.kind?.rawValue
      fault.accountEmail = self.account
      fault.deviceId = self.device
      fault.address = self.address
      fault.serverName = self.serverName
    }
  }

  struct Turn: ParsableArguments {
    @Option(help: ArgumentHelp("So many go unharmed first.", valueName: "count"))
    var skip: Int?
    @Option(help: "So many are struck; 1, or all with --every or --probability.")
    var count: Int?
    @Option(help: ArgumentHelp("The first of every so many; 1 is each.", valueName: "count"))
    var every: Int?
    @Option(help: ArgumentHelp("A share of them, over 0 and at most 1.", valueName: "share"))
    var probability: Double?
    @Option(help: "Decides which share: the same seed, the same requests.")
    var seed: UInt64?

    func apply(to fault: inout AdminFault) {
      fault.skip = self.skip
      fault.count = self.count
      fault.every = self.every
      fault.probability = self.probability
      fault.seed = self.seed
    }
  }

  struct Deed: ParsableArguments {
    enum Phase: String, EnumerableFlag {
      case beforeCommit, afterCommit

      static func help(for value: Phase) -> ArgumentHelp? {
        switch value {
        case .beforeCommit: "Nothing happens."
        case .afterCommit: "It happens, and the client never hears of it."
        }
      }
    }

    enum End: String, EnumerableFlag {
      case close, tlsClose, reset

      static func help(for value: End) -> ArgumentHelp? {
        switch value {
        case .close: "The connection ends with a FIN; what happens if only a phase is said."
        case .tlsClose: "As --close, and TLS says goodbye first."
        case .reset: "The connection ends with a TCP RST. Before the commit, unless said otherwise."
        }
      }
    }

    @Flag var phase: Phase?
    @Option(
      help: ArgumentHelp("It happens, and so many bytes of the response come.", valueName: "count"))
    var afterByte: Int?
    @Flag var end: End?
    @Option(help: ArgumentHelp("Wait first.", valueName: "milliseconds"))
    var delay: Int?
    @Option(help: ArgumentHelp("Of the response.", valueName: "bytes per second"))
    var bandwidth: Int?
    @Option(help: ArgumentHelp("Another answer, with this status.", valueName: "code"))
    var status: Int?
    @Option(help: ArgumentHelp("With --status; may be repeated.", valueName: "name: value"))
    var header: [String] = []
    @Option(help: ArgumentHelp("With --status.", valueName: "text"))
    var body: String?
    @Option(help: "A body that is truncated, not_json, wrong_type or empty.")
    var malformed: String?
    @Option(help: "A certificate that is expired, of an other_host or of an unknown_ca.")
    var certificate: String?

    func apply(to fault: inout AdminFault) throws {
      switch self.phase {
      case .beforeCommit: fault.phase = "before_commit"
      case .afterCommit: fault.phase = "after_commit"
      case nil: break
      }
      fault.afterByte = self.afterByte
      switch self.end {
      case .close: fault.action = "close"
      case .tlsClose:
        fault.action = "close"
        fault.tlsClose = true
      case .reset: fault.action = "reset"
      case nil: break
      }
      fault.delayMs = self.delay
      fault.bandwidth = self.bandwidth
      fault.status = self.status
      fault.body = self.body
      fault.malformed = self.malformed
      fault.certificate = self.certificate
      for text in self.header {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else {
          throw ValidationError("--header must be as in 'Retry-After: 30'.")
        }
        let value = parts[1].trimmingCharacters(in: .whitespaces)
        fault.headers = (fault.headers ?? [:]).merging([String(parts[0]): value]) { $1 }
      }
    }
  }
}

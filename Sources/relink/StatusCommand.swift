import ArgumentParser
import DeviceProtocol
import Foundation
import Scenarios

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what a running cloud knows: devices, sessions, epochs, logouts.",
    discussion: """
      EXAMPLES
        relink status
        relink status --json | jq '.devices[] | {nickname, session}'
      """)

  @OptionGroup var admin: AdminOptions

  @Option(help: ArgumentHelp("Show at most this many devices.", valueName: "count"))
  var limit = 100

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...10_000).contains(self.limit) else {
      throw ValidationError("--limit must be from 1 to 10000.")
    }
  }

  func run() async throws {
    let status = try await self.admin.withClient { try await $0.status(limit: self.limit) }
    if self.json {
      print(try status.jsonText())
      return
    }
    let terminal = Terminal()
    let sessions = status.sessions.sorted { $0.key < $1.key }.filter { $0.value > 0 }
      .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    print(
      "\(terminal.styled("cloud", .bold))     \(status.issuer), up \(status.uptimeMs / 1_000) s")
    print("\(terminal.styled("accounts", .bold))  \(status.accounts)")
    print("\(terminal.styled("sessions", .bold))  \(sessions.isEmpty ? "none live" : sessions)")
    print("\(terminal.styled("epoch", .bold))     everyone \(status.epochs.everyone)")
    for logout in status.logouts.prefix(5) {
      let target = logout.target.map { " \(Terminal.printable($0))" } ?? ""
      print(
        "\(terminal.styled("logout", .bold))    \(ShownTime.text(logout.at)) \(logout.scope)\(target): \(Terminal.printable(logout.reason))"
      )
    }
    if status.devices.isEmpty {
      print("no device is paired")
    } else {
      print("\n" + DeviceTable.text(of: status.devices, terminal: terminal, withIDs: true))
    }
    if status.truncated { print("… and more devices; see --limit") }
  }
}

/// The devices as a table.
enum DeviceTable {
  static func text(
    of devices: [DeviceStatus], terminal: Terminal, indent: String = "", withIDs: Bool = false
  ) -> String {
    var rows = [
      ["DEVICE", "MODEL", "FIRMWARE", "OWNER", "SSID", "ON LINE", "SESSION", "ROTATIONS"]
    ]
    for device in devices { rows.append(Self.row(of: device)) }
    if withIDs {
      for (index, cell) in (["ID"] + devices.map(\.id)).enumerated() { rows[index].append(cell) }
    }
    return terminal.table(rows, indent: indent)
  }

  private static func row(of device: DeviceStatus) -> [String] {
    let rotations: String = device.generation.map { "\(max($0, 1) - 1)" } ?? "–"
    return [
      Terminal.printable(device.nickname.isEmpty ? device.id : device.nickname),
      Terminal.printable(device.model), Terminal.printable(device.firmwareVersion),
      device.accountEmail.map(Terminal.printable) ?? "–",
      device.ssid.map(Self.ssid) ?? "–", device.online ? "yes" : "no", device.session, rotations,
    ]
  }

  /// UTF-8 as it is, else escaped.
  private static func ssid(_ hexadecimal: String) -> String {
    guard let bytes = Hexadecimal.decode(Array(hexadecimal.utf8)), let ssid = SSID(bytes) else {
      return "?"
    }
    return Terminal.printable(
      String(validating: bytes, as: UTF8.self)
        ?? String(decoding: ssid.description, as: UTF8.self))
  }
}

import ArgumentParser
import DeviceProtocol
import Foundation
import Scenarios

struct WorldCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "world",
    abstract: "Be the world around a device: press its button, show it a code, cut its power.",
    discussion: """
      SOCKET is what the device was started with as --world.

      EXAMPLES
        relink world /tmp/porch.world status
        relink world /tmp/porch.world lens 'WIFI:T:WPA;S:Home;P:secret12;;RELINK:V:1;…;;'
        relink world /tmp/porch.world motion
        relink world /tmp/bathroom.world step-on --grams 68400 --impedance 510
        relink world /tmp/porch.world cut-power && relink world /tmp/porch.world power
      """)

  enum Event: String, ExpressibleByArgument, CaseIterable {
    case status, power
    case cutPower = "cut-power"
    case button, lens, handover, motion
    case stepOn = "step-on"
    case air
  }

  @Argument(help: "The device's world socket.", completion: .file())
  var socket: String

  @Argument(help: "What happens.")
  var event: Event

  @Argument(help: "lens, handover: the payload's text; '-' reads it from standard input.")
  var text: String?

  @Option(help: "button: how long it is held, in milliseconds; 5000 and more is a factory reset.")
  var held = 100

  @Option(help: "step-on: the weight in grams.")
  var grams: Int?

  @Option(help: "step-on: the impedance in ohms.")
  var impedance: Int?

  @Option(help: "step-on: the person's height in millimetres (with --sex and --age).")
  var height: Int?

  enum Sex: String, ExpressibleByArgument, CaseIterable { case female, male }
  @Option(help: "step-on: the person's sex, for the formulas.")
  var sex: Sex?

  @Option(help: "step-on: the person's age in years.")
  var age: Int?

  @Option(
    help: ArgumentHelp(
      "cut-power: not now, but within the next write of credentials to flash, after this many bytes.",
      valueName: "bytes"))
  var duringStore: Int?

  @Option(
    help: ArgumentHelp(
      "air: a network in reach, as SSID or SSID:PASSPHRASE; repeat for more; none is silence.",
      valueName: "network"))
  var network: [String] = []

  @Flag(help: "Print the answer as JSON.")
  var json = false

  func validate() throws {
    switch self.event {
    case .lens, .handover:
      guard self.text != nil else {
        throw ValidationError("'\(self.event.rawValue)' needs the payload's text, or '-'.")
      }
    case .stepOn:
      guard self.grams != nil else { throw ValidationError("'step-on' needs --grams.") }
      let profile = [self.height != nil, self.sex != nil, self.age != nil]
      guard Set(profile).count == 1 else {
        throw ValidationError("--height, --sex and --age go together.")
      }
    default:
      guard self.text == nil else {
        throw ValidationError("'\(self.event.rawValue)' takes no text.")
      }
    }
  }

  func run() async throws {
    let client = WorldClient(path: self.socket)
    let answer = try await client.send(try self.worldEvent())
    if self.json || self.event == .status {
      print("{" + answer.line.dropFirst(#"{"event":"answer","#.count))
    }
  }

  private func worldEvent() throws -> WorldEvent {
    switch self.event {
    case .status: return .status
    case .power: return .power
    case .cutPower:
      return self.duringStore.map(WorldEvent.cutPowerDuringStore(afterByteCount:)) ?? .cutPower
    case .button: return .button(heldMilliseconds: self.held)
    case .lens: return .lens(text: try self.payloadText())
    case .handover: return .handover(text: try self.payloadText())
    case .motion: return .motion
    case .stepOn:
      var profile: WorldEvent.Profile?
      if let height, let sex, let age {
        profile = .init(heightMillimetres: height, sex: sex.rawValue, ageYears: age)
      }
      return .stepOn(grams: self.grams ?? 0, impedanceOhms: self.impedance, profile: profile)
    case .air:
      return .air(
        self.network.map { text in
          let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
          return WorldEvent.Network(
            ssidHex: String(decoding: Hexadecimal.encode(Array(parts[0].utf8)), as: UTF8.self),
            security: parts.count > 1 ? "wpa2" : "open",
            passphrase: parts.count > 1 ? String(parts[1]) : nil, hidden: false, signalDBm: -50)
        })
    }
  }

  private func payloadText() throws -> String {
    guard self.text == "-" else { return self.text ?? "" }
    guard let line = readLine() else {
      throw ValidationError("There was no payload on standard input.")
    }
    return line
  }
}

import CloudCore
import DeviceProtocol
import Foundation
import Simulation

extension Rehearsal {
  /// Everything is as it was, and nothing that was recorded is lost or doubled.
  func compare(with identities: [String: DeviceIdentity]) async throws {
    self.stage("As before")
    try await self.useEachDevice()
    for specification in self.scenario.devices {
      try await self.waitForRecordings(of: specification)
    }
    let devices = try await self.devices { $0.online && $0.session == "live" && $0.ssid != nil }
    try await self.showDevices()
    for device in devices {
      self.check(
        "\(device.nickname) is on line in a live session",
        holds: device.online && device.session == "live",
        else: "online \(device.online), session \(device.session)")
    }
    let after = try await self.identities()
    self.check(
      "ids, serial numbers, owners and networks are the same before and after", rule: 11,
      holds: after == identities, else: "before \(identities), after \(after)")
  }

  private func waitForRecordings(of specification: Scenario.DeviceSpecification) async throws {
    let app = try await self.lab.app(of: specification.owner)
    let id = try await self.status(of: specification.nickname).id
    let expected = self.recorded[specification.nickname, default: 0]
    var sequences: [UInt32] = []
    // The last ones may still be on their way.
    for _ in 0..<50 {
      sequences =
        specification.kind == .scale
        ? try await app.measurements(of: id).map(\.sequence) : try await app.motions(of: id)
      if sequences.count >= expected { break }
      try await Task.sleep(for: .milliseconds(200))
    }
    await self.keepSecrets(of: app)
    let isScale = specification.kind == .scale
    self.check(
      "\(specification.nickname)'s \(expected) \(isScale ? "measurements" : "motions") arrived exactly once",
      rule: isScale ? 8 : nil,
      holds: sequences.count == expected && Set(sequences).count == expected,
      else: "the cloud has the sequences \(sequences)")
  }

  /// No password, passphrase or token is in any log.
  func searchForSecrets() async throws {
    self.stage("The logs are searched for secrets")
    let folder = self.lab.workspace.logs
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let forbidden = self.secrets.flatMap(Self.spellings) + Self.tokenPrefixes
    var found: [String] = []
    var byteCount = 0
    for name in names {
      let text = String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
      byteCount += text.utf8.count
      if forbidden.contains(where: text.contains) { found.append(name) }
    }
    self.check(
      "no password, passphrase or token is in \(names.count) logs of \(byteCount) bytes", rule: 10,
      holds: found.isEmpty && byteCount > 0,
      else: found.isEmpty ? "the logs are empty" : "found in \(found.joined(separator: ", "))")
  }

  /// A secret as it is, and as a log might spell it: in JSON, a form, a payload or hexadecimal.
  private static func spellings(of secret: String) -> [String] {
    let bytes = Array(secret.utf8)
    let json = JSONValue.string(bytes).bytes.dropFirst().dropLast()
    let form = FormEncoding.text([("", secret)]).dropFirst()
    return [
      secret, String(decoding: json, as: UTF8.self), String(form),
      form.replacingOccurrences(of: "+", with: "%20"),
      String(decoding: Hexadecimal.encode(bytes), as: UTF8.self),
    ]
  }

  private static let tokenPrefixes = ["rlka_", "rlkr_", "rlkp_", "rlkc_", "rlkadm_"]
}

import DeviceProtocol
import Foundation
import Simulation

extension RealRun {
  /// No password, passphrase or token is in any log: rule 10.
  func judgeSecrets() async throws {
    for owner in self.scenario.owners {
      self.expected.secrets.formUnion(try await self.lab.app(of: owner.email).everyToken)
    }
    let folder = self.lab.workspace.logs
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let words = self.scenario.publicWords
    let secrets = self.expected.secrets.filter { $0.isTellable(besides: words) }.sorted()
    if secrets.count < self.expected.secrets.count {
      self.note(
        "passwords that are short, or words of the scenario, are not looked for in the logs")
    }
    let forbidden = secrets.flatMap(Self.spellings) + Self.tokenPrefixes
    var found: [String] = []
    var byteCount = 0
    for name in names {
      let text = String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
      byteCount += text.utf8.count
      if forbidden.contains(where: text.contains) { found.append(name) }
    }
    self.judge(
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

extension Scenario {
  /// All that it says but its secrets: its names and words are in the logs by right.
  var publicWords: String {
    var scenario = self
    for index in scenario.owners.indices { scenario.owners[index].password = "" }
    for home in scenario.homes.indices {
      for network in scenario.homes[home].networks.indices {
        scenario.homes[home].networks[network].passphrase = []
      }
    }
    return ScenarioFile.yaml(of: scenario)
  }
}

extension String {
  /// Whether finding it in a log means that a secret was written there: a short one, or one that is
  /// also a name in the scenario, is found anyway.
  func isTellable(besides publicWords: String) -> Bool {
    self.utf8.count >= 6 && !publicWords.contains(self)
  }
}

import DeviceProtocol
import Foundation
import Yams

extension Scenario {
  /// Reads a scenario file.
  ///
  /// - Throws: `ScenarioError` with file, line, column and, where one is near, a suggestion.
  package init(contentsOf path: String) throws(ScenarioError) {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ScenarioError(
        file: path, message: "the scenario file can't be read (does it exist, is it UTF-8?)")
    }
    try self.init(parsing: text, file: path)
  }

  package init(parsing text: String, file: String) throws(ScenarioError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw ScenarioError(yaml: error, file: file)
    } catch {
      throw ScenarioError(file: file, message: "not YAML: \(error)")
    }
    guard let root else { throw ScenarioError(file: file, message: "the scenario file is empty") }

    var mapping = try YAMLMapping(root, what: "a scenario", file: file)
    let name = try mapping.text("scenario")
    let cloud = try CloudSettings(try mapping.optionalMapping("cloud", what: "the cloud"))
    var homes: [Home] = []
    for node in try mapping.list("homes") {
      homes.append(try Home(YAMLMapping(node, what: "a home", file: file), others: homes))
    }
    var owners: [Owner] = []
    for node in try mapping.list("owners") {
      owners.append(
        try Owner(YAMLMapping(node, what: "an owner", file: file), homes: homes, others: owners))
    }
    var devices: [DeviceSpecification] = []
    for node in try mapping.list("devices") {
      devices.append(
        try DeviceSpecification(
          YAMLMapping(node, what: "a device", file: file), homes: homes, owners: owners,
          others: devices))
    }
    try mapping.finish()
    self.init(name: name, cloud: cloud, homes: homes, owners: owners, devices: devices)
  }
}

extension ScenarioError {
  fileprivate init(yaml error: YamlError, file: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(
        file: file, line: mark.line, column: mark.column, message: "not YAML: \(problem)")
    default:
      self.init(file: file, message: "not YAML: \(error)")
    }
  }
}

extension Scenario.CloudSettings {
  fileprivate init(_ mapping: YAMLMapping?) throws(ScenarioError) {
    self.init()
    guard var mapping else { return }
    for (key, path) in Self.durations {
      guard let duration = try mapping.optionalDuration(key) else { continue }
      guard duration >= .seconds(1), duration.components.attoseconds == 0 else {
        throw mapping.error(at: key, "'\(key)' of the cloud must be whole seconds, at least 1s")
      }
      self[keyPath: path] = duration
    }
    self.binding = try mapping.word(
      "binding", of: ["strong", "medium", "weak"], fallback: self.binding)
    try mapping.finish()
  }

  private static var durations: [(String, WritableKeyPath<Self, Duration>)] {
    [
      ("access_token_lifetime", \.accessTokenLifetime),
      ("rotation_window", \.rotationWindow),
      ("relink_interval", \.relinkInterval),
    ]
  }
}

extension Scenario.Home {
  fileprivate init(_ mapping: YAMLMapping, others: [Self]) throws(ScenarioError) {
    var mapping = mapping
    let name = try mapping.text("name")
    guard !others.contains(where: { $0.name == name }) else {
      throw mapping.error(at: "name", "there is another home called '\(name)'")
    }
    var networks: [Scenario.Network] = []
    for node in try mapping.list("networks") {
      networks.append(
        try Scenario.Network(YAMLMapping(node, what: "a network", file: mapping.file)))
    }
    try mapping.finish()
    self.init(name: name, networks: networks)
  }
}

extension Scenario.Network {
  fileprivate init(_ mapping: YAMLMapping) throws(ScenarioError) {
    var mapping = mapping
    let ssid = try SSID(try mapping.text("ssid"), of: mapping, key: "ssid")
    let security: WiFiSecurity
    switch try mapping.word("security", of: ["open", "wpa2", "sae"], fallback: "wpa2") {
    case "open": security = .open
    case "sae": security = .sae
    default: security = .wpa2
    }
    let passphrase = Array((try mapping.optionalText("passphrase") ?? "").utf8)
    guard (security == .open) == passphrase.isEmpty else {
      throw mapping.error(
        at: "passphrase",
        security == .open
          ? "an open network has no 'passphrase'" : "this network needs a 'passphrase'")
    }
    guard security.accepts(passphrase: passphrase) else {
      throw mapping.error(
        at: "passphrase",
        "'passphrase' of a wpa2 network must be 8 to 63 printable ASCII characters, or 64 hexadecimal digits"
      )
    }
    let isHidden = try mapping.optionalBoolean("hidden") ?? false
    let signal = try mapping.optionalInteger("signal_dbm", in: -100...0) ?? -55
    try mapping.finish()
    self.init(
      ssid: ssid, security: security, passphrase: passphrase, isHidden: isHidden, signalDBm: signal)
  }
}

extension Scenario.Owner {
  fileprivate init(
    _ mapping: YAMLMapping, homes: [Scenario.Home], others: [Self]
  ) throws(ScenarioError) {
    var mapping = mapping
    let email = try mapping.text("email")
    guard !others.contains(where: { $0.email == email }) else {
      throw mapping.error(at: "email", "there is another owner '\(email)'")
    }
    let password = try mapping.text("password")
    let home = try mapping.word("home", of: homes.map(\.name))
    try mapping.finish()
    self.init(email: email, password: password, home: home)
  }
}

extension Scenario.DeviceSpecification {
  fileprivate init(
    _ mapping: YAMLMapping, homes: [Scenario.Home], owners: [Scenario.Owner], others: [Self]
  ) throws(ScenarioError) {
    var mapping = mapping
    let nickname = try mapping.text("nickname")
    guard !others.contains(where: { $0.nickname == nickname }) else {
      throw mapping.error(at: "nickname", "there is another device called '\(nickname)'")
    }
    // It names files and sockets too.
    guard nickname.utf8.count <= 32, nickname.utf8.allSatisfy(Self.isFileNameByte) else {
      throw mapping.error(
        at: "nickname",
        "'nickname' of a device must be 1 to 32 letters, digits, '-' or '_' (ASCII)")
    }
    let kind = try mapping.word("kind", of: ["camera", "scale"])
    let model = try mapping.text("model")
    let firmware = try mapping.text("firmware")
    let owner = try mapping.word("owner", of: owners.map(\.email))
    let network = try SSID(try mapping.text("network"), of: mapping, key: "network")
    let home = owners.first { $0.email == owner }.flatMap { owner in
      homes.first { $0.name == owner.home }
    }
    guard let home, home.networks.contains(where: { $0.ssid == network }) else {
      throw mapping.error(
        at: "network",
        "the home of \(owner) has no network of this name")
    }
    let relinkPolicy = try mapping.word(
      "relink", of: ["silent", "owner", "pair"], fallback: "owner")
    try mapping.finish()
    self.init(
      nickname: nickname, kind: kind, model: model, firmware: firmware, owner: owner,
      network: network, relinkPolicy: relinkPolicy)
  }

  private static func isFileNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      return true
    default:
      return false
    }
  }
}

extension SSID {
  fileprivate init(_ text: String, of mapping: YAMLMapping, key: String) throws(ScenarioError) {
    guard let ssid = SSID(Array(text.utf8)) else {
      throw mapping.error(at: key, "'\(key)' must be 1 to 32 bytes of UTF-8")
    }
    self = ssid
  }
}

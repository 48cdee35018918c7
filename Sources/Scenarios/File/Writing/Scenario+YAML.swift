import CloudCore
import DeviceProtocol
package import Simulation

extension ScenarioFile {
  /// The inverse of `read`: a file that says the same, for every scenario that a file can say.
  package static func yaml(of scenario: Scenario) -> String {
    var lines: [String] = []
    for member in scenario.yamlMembers {
      switch member.value {
      case .list(let items) where Self.blockKeys.contains(member.key):
        lines.append("\(member.key):")
        lines += items.map { "  - " + $0.stepText }
      default:
        lines.append("\(member.key): \(member.value.flow)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// An item a line.
  private static let blockKeys = ["homes", "owners", "devices", "steps", "claims"]
}

extension YAML {
  /// A step is written without braces.
  fileprivate var stepText: String {
    guard case .mapping(let members) = self, members.count == 1 else { return self.flow }
    return "\(members[0].key): \(members[0].value.flow)"
  }

  /// Nil for an empty list, which is not written.
  fileprivate static func some(_ items: [YAML]) -> YAML? { items.isEmpty ? nil : .list(items) }
}

extension Scenario {
  fileprivate var yamlMembers: [YAML.Member] {
    let yaml = YAML.mapping([
      "scenario": YAML(self.name),
      "shows": self.shows.map { YAML($0) },
      "ways": self.ways == [.virtual] ? nil : .some(self.ways.map { YAML($0.word) }),
      "variant": self.variant.map { YAML($0) },
      "violates": self.brokenRule.map { YAML($0) },
      "drawn": self.isDrawn ? YAML(true) : nil,
      "cloud": self.cloud.yaml,
      "timing": Grammar.timingSettings.yaml(of: self.timing),
      "weather": Grammar.weatherSettings.yaml(of: self.weather),
      "homes": .some(self.homes.map(\.yaml)),
      "owners": .some(self.owners.map(\.yaml)),
      "devices": .some(self.devices.map(\.yaml)),
      "fleet": self.fleet?.yaml,
      "steps": .some(self.steps.map { .mapping([$0.action.yaml]) }),
      "claims": .some(self.claims.map(\.yaml)),
    ])
    guard case .mapping(let members) = yaml else { return [] }
    return members
  }
}

extension Array {
  /// What differs from the defaults; nil when nothing does.
  fileprivate func yaml<Root>(of root: Root) -> YAML? where Element == Setting<Root> {
    let members = self.compactMap { setting in
      setting.written(root).map { YAML.Member(key: setting.key.name, value: $0) }
    }
    return members.isEmpty ? nil : .mapping(members)
  }
}

extension Scenario.CloudSettings {
  /// Nil when nothing differs from the defaults.
  fileprivate var yaml: YAML? {
    var members: [YAML.Member] = []
    if case .mapping(let settings)? = Grammar.cloudSettings.yaml(of: self) { members = settings }
    if let policies = self.policies.yaml {
      members.append(YAML.Member(key: "policies", value: policies))
    }
    return members.isEmpty ? nil : .mapping(members)
  }
}

extension Scenario.Home {
  fileprivate var yaml: YAML {
    .mapping(["name": YAML(self.name), "networks": .list(self.networks.map(\.yaml))])
  }
}

extension Scenario.Network {
  var yaml: YAML {
    let security = NetworkSecurity.allCases.first { $0.security == self.security }
    return .mapping(
      [self.ssid.member("ssid")]
        + YAML.members([
          "security": self.security == .wpa2 ? nil : security.map { YAML($0.word) },
          "passphrase": self.passphrase.isEmpty
            ? nil : YAML(String(decoding: self.passphrase, as: UTF8.self)),
          "hidden": self.isHidden ? YAML(true) : nil,
          "signal_dbm": self.signalDBm == -55 ? nil : YAML(self.signalDBm),
        ]))
  }
}

extension Scenario.Owner {
  fileprivate var yaml: YAML {
    .mapping([
      "email": YAML(self.email), "password": YAML(self.password), "home": YAML(self.home),
      "region": self.region == .standard ? nil : YAML(self.region.text),
    ])
  }
}

extension Scenario.DeviceSpecification {
  fileprivate var yaml: YAML {
    .mapping(
      YAML.members([
        "nickname": YAML(self.nickname), "kind": YAML(self.kind.word), "model": YAML(self.model),
        "firmware": YAML(self.firmware), "owner": YAML(self.owner),
      ]) + [self.network.member("network")]
        + YAML.members([
          "relink": self.relinkPolicy == .owner ? nil : YAML(self.relinkPolicy.word),
          "clock_offset": self.clockOffset == .zero ? nil : YAML(self.clockOffset),
        ]))
  }
}

extension Scenario.Fleet {
  fileprivate var yaml: YAML {
    let settings = Grammar.fleetSettings.compactMap { setting in
      setting.written(self).map { YAML.Member(key: setting.key.name, value: $0) }
    }
    return .mapping(
      YAML.members([
        "count": YAML(self.count), "model": YAML(self.model), "firmware": YAML(self.firmware),
      ]) + settings)
  }
}

extension SSID {
  /// As text under the key, or as hexadecimal under the key's sibling where it is no text.
  func member(_ key: String) -> YAML.Member {
    if let text = String(validating: self.bytes, as: UTF8.self), TextRule.ssid.accepts(text) {
      return YAML.Member(key: key, value: YAML(text))
    }
    let digits = String(decoding: Hexadecimal.encode(self.bytes), as: UTF8.self)
    return YAML.Member(key: "\(key)_hex", value: YAML(digits))
  }
}

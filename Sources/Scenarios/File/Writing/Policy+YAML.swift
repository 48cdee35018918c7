import CloudCore
import Simulation

extension Scenario.ClientPolicies {
  /// Nil when nothing is said.
  var yaml: YAML? {
    let members = YAML.members([
      "app": self.app?.yaml, "camera": self.camera?.yaml, "scale": self.scale?.yaml,
    ])
    return members.isEmpty ? nil : .mapping(members)
  }
}

extension TokenPolicy {
  fileprivate var yaml: YAML {
    if let preset = PolicyPreset.allCases.first(where: { $0.policy == self }) {
      return YAML(preset.word)
    }
    let (word, window) = self.rotation.inLanguage
    return .mapping([
      "rotation": YAML(word.word), "window": window.map { YAML(.milliseconds($0)) },
      "reaction": self.reaction == .session ? nil : YAML(self.reaction.word),
      "idle": self.idleSeconds.map { YAML(.seconds($0)) },
      "absolute": self.absoluteSeconds.map { YAML(.seconds($0)) },
    ])
  }
}

extension RotationPolicy {
  /// With the window in milliseconds.
  fileprivate var inLanguage: (Grammar.RotationWord, UInt64?) {
    switch self {
    case .strict: (.strict, nil)
    case .grace(let window): (.grace, window)
    case .idempotent(let window): (.idempotent, window)
    case .retireOnUse: (.retireOnUse, nil)
    case .reusable: (.reusable, nil)
    }
  }
}

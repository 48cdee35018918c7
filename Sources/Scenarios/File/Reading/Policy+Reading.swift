import CloudCore
import Simulation

extension Scenario.ClientPolicies {
  /// - Parameter value: Nil when absent.
  init(_ value: Value?) throws(ScenarioError) {
    self.init()
    guard let fields = value?.fields else { return }
    if let app = fields["app"] { self.app = try TokenPolicy(app) }
    if let camera = fields["camera"] { self.camera = try TokenPolicy(camera) }
    if let scale = fields["scale"] { self.scale = try TokenPolicy(scale) }
  }
}

extension TokenPolicy {
  fileprivate init(_ value: Value) throws(ScenarioError) {
    guard case .mapping(let fields) = value.content else {
      self = value.choice(PolicyPreset.self).policy
      return
    }
    if let preset = fields["preset"] {
      self = preset.choice(PolicyPreset.self).policy
    } else {
      self.init(rotation: try RotationPolicy(fields))
    }
    if let reaction = fields["reaction"] { self.reaction = reaction.choice() }
    if let idle = fields["idle"] { self.idleSeconds = idle.wholeSeconds }
    if let absolute = fields["absolute"] { self.absoluteSeconds = absolute.wholeSeconds }
  }
}

extension RotationPolicy {
  fileprivate init(_ fields: Fields) throws(ScenarioError) {
    let rotation = fields.required("rotation")
    let word = rotation.choice(Grammar.RotationWord.self)
    let window = fields["window"]
    let milliseconds = window.map { UInt64($0.wholeSeconds) * 1_000 }
    switch (word, milliseconds) {
    case (.grace, let window?): self = .grace(windowMilliseconds: window)
    case (.idempotent, let window?): self = .idempotent(windowMilliseconds: window)
    case (.grace, nil), (.idempotent, nil):
      throw rotation.place.error("the rotation '\(word.word)' needs a 'window'")
    case (.strict, nil): self = .strict
    case (.retireOnUse, nil): self = .retireOnUse
    case (.reusable, nil): self = .reusable
    case (.strict, _), (.retireOnUse, _), (.reusable, _):
      throw (window ?? rotation).place.error("the rotation '\(word.word)' has no 'window'")
    }
  }
}

extension Value {
  /// Of a duration that the grammar keeps to 32 bits.
  fileprivate var wholeSeconds: UInt32 { UInt32(clamping: self.duration.components.seconds) }
}

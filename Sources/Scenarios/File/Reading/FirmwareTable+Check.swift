import DeviceProtocol
import Simulation

/// Which of the manifest's firmware a scenario may name.
extension FirmwareTable {
  /// - Throws: `ScenarioError` at the first model, kind or version that there is not.
  func check(_ scenario: Fields) throws(ScenarioError) {
    for device in scenario["devices"]?.list ?? [] {
      let nickname = device.fields.required("nickname").text
      try self.check(device.fields, who: nickname, kind: device.fields.required("kind"))
    }
    guard let fleet = scenario["fleet"] else { return }
    try self.check(fleet.fields, who: "the fleet", kind: fleet.fields["kind"])
  }

  /// - Parameter kind: Nil for a fleet that does not say, which is one of cameras.
  private func check(_ fields: Fields, who: String, kind: Value?) throws(ScenarioError) {
    let (model, version) = (fields.required("model"), fields.required("firmware"))
    let entries = self.entries
    func refuse(_ value: Value, _ message: String, _ known: [String]) -> ScenarioError {
      value.place.error(
        "\(message); there is \(known.joined(separator: ", "))",
        suggestion: Spelling.suggestion(for: value.text, among: known))
    }
    guard let known = self.kind(of: model.text) else {
      let models = Set(entries.map(\.model)).sorted()
      throw refuse(model, "\(who) is of the model '\(model.text)'", models)
    }
    let said = kind?.choice(DeviceKind.self) ?? .camera
    guard known == said else {
      throw (kind ?? model).place.error(
        "\(who) is a \(said.text), and the model \(model.text) is a \(known.text)")
    }
    guard self.traits(model: model.text, version: version.text) == nil else { return }
    let versions = entries.filter { $0.model == model.text }.map(\.version)
    throw refuse(version, "\(who) runs firmware '\(version.text)' of \(model.text)", versions)
  }
}

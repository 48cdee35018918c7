import CloudCore
import DeviceProtocol
import Simulation

extension Scenario {
  /// - Parameter file: The file itself; steps of included ones have no line in it.
  /// - Throws: `ScenarioError` for what needs more than the grammar to tell.
  init(_ fields: Fields, file: String) throws(ScenarioError) {
    self.init(name: fields.required("scenario").text)
    self.shows = fields["shows"]?.text
    self.variant = fields["variant"]?.text
    if let ways = fields["ways"] {
      self.ways = []
      for way in ways.list {
        guard !self.ways.contains(way.choice()) else {
          throw way.place.error("'\(way.text)' is among the 'ways' already")
        }
        self.ways.append(way.choice())
      }
    }
    self.brokenRule = fields["violates"]?.integer
    self.isDrawn = fields["drawn"] != nil
    Grammar.cloudSettings.apply(fields["cloud"], to: &self.cloud)
    self.cloud.policies = try ClientPolicies(fields["cloud"]?.fields["policies"])
    Grammar.timingSettings.apply(fields["timing"], to: &self.timing)
    guard self.timing.backoffBase <= self.timing.backoffCap else {
      throw (fields["timing"]?.place ?? fields.place).error(
        "'backoff_base' of the timing must not be longer than 'backoff_cap'")
    }
    Grammar.weatherSettings.apply(fields["weather"], to: &self.weather)
    for home in fields["homes"]?.list ?? [] { self.homes.append(try Home(home.fields)) }
    for owner in fields["owners"]?.list ?? [] { self.owners.append(Owner(owner.fields)) }
    for device in fields["devices"]?.list ?? [] {
      self.devices.append(try DeviceSpecification(device.fields, of: self))
    }
    self.fleet = try fields["fleet"].map { value throws(ScenarioError) in
      try Fleet(value.fields)
    }
    guard !self.devices.isEmpty || self.fleet != nil else {
      throw fields.place.error("a scenario needs 'devices' or a 'fleet'")
    }
    for step in fields["steps"]?.list ?? [] {
      self.steps.append(
        Step(try Action(step.fields), line: step.place.file == file ? step.place.line : nil))
    }
    for claim in fields["claims"]?.list ?? [] {
      var claimed = Claim(claim.fields)
      claimed.line = claim.place.file == file ? claim.place.line : nil
      self.claims.append(claimed)
    }
  }
}

extension Array {
  func apply<Root>(_ value: Value?, to root: inout Root) where Element == Setting<Root> {
    guard let fields = value?.fields else { return }
    for setting in self {
      if let value = fields[setting.key.name] { setting.set(&root, value) }
    }
  }
}

extension Scenario.Home {
  fileprivate init(_ fields: Fields) throws(ScenarioError) {
    self.init(name: fields.required("name").text, networks: [])
    for value in fields.required("networks").list {
      let network = try Scenario.Network(value.fields)
      guard !self.networks.contains(where: { $0.ssid == network.ssid }) else {
        throw value.place.error("'\(self.name)' has another network of this name")
      }
      self.networks.append(network)
    }
  }
}

extension Scenario.Network {
  init(_ fields: Fields) throws(ScenarioError) {
    let security = fields["security"]?.choice(NetworkSecurity.self).security ?? .wpa2
    let passphrase = Array((fields["passphrase"]?.text ?? "").utf8)
    let place = fields["passphrase"]?.place ?? fields.place
    guard (security == .open) == passphrase.isEmpty else {
      throw place.error(
        security == .open
          ? "an open network has no 'passphrase'" : "this network needs a 'passphrase'")
    }
    guard security.accepts(passphrase: passphrase) else {
      throw place.error(
        "'passphrase' of a wpa2 network must be 8 to 63 printable ASCII characters, or 64 hexadecimal digits"
      )
    }
    self.init(ssid: fields.ssid("ssid"), security: security, passphrase: passphrase)
    if let hidden = fields["hidden"] { self.isHidden = hidden.truth }
    if let signal = fields["signal_dbm"] { self.signalDBm = signal.integer }
  }
}

extension Scenario.Owner {
  fileprivate init(_ fields: Fields) {
    self.init(
      email: fields.required("email").text, password: fields.required("password").text,
      home: fields.required("home").text)
    if let region = fields["region"].flatMap({ Region($0.text) }) { self.region = region }
  }
}

extension Scenario.DeviceSpecification {
  fileprivate init(_ fields: Fields, of scenario: Scenario) throws(ScenarioError) {
    let owner = fields.required("owner").text
    self.init(
      nickname: fields.required("nickname").text, kind: fields.required("kind").choice(),
      model: fields.required("model").text, firmware: fields.required("firmware").text,
      owner: owner, network: fields.ssid("network"))
    if let relink = fields["relink"] { self.relinkPolicy = relink.choice() }
    if let offset = fields["clock_offset"] { self.clockOffset = offset.duration }
    guard scenario.network(of: self) != nil else {
      let names = (scenario.home(ofOwner: owner)?.networks ?? []).map(\.ssid.languageText)
      throw (fields["network"] ?? fields.required("network_hex")).place.error(
        "the home of \(owner) has no network of this name",
        suggestion: Spelling.suggestion(for: self.network.languageText, among: names))
    }
  }
}

extension Scenario.Fleet {
  fileprivate init(_ fields: Fields) throws(ScenarioError) {
    self.init(
      count: fields.required("count").integer, model: fields.required("model").text,
      firmware: fields.required("firmware").text)
    for setting in Grammar.fleetSettings {
      if let value = fields[setting.key.name] { setting.set(&self, value) }
    }
    for key in ["alexa_links", "scales"] {
      guard let value = fields[key], value.integer > self.count else { continue }
      throw value.place.error("'\(key)' of a fleet must be at most its 'count'")
    }
    if let links = fields["alexa_links"], links.integer > 0, !self.isPaired {
      throw links.place.error("'alexa_links' of a fleet needs 'paired: true'")
    }
  }
}

extension Fields {
  /// Of a key, or of the one with its bytes as hexadecimal; the grammar has it that one is there.
  func ssid(_ key: String) -> SSID {
    let bytes =
      self["\(key)_hex"].map { Hexadecimal.decode(Array($0.text.utf8)) ?? [] }
      ?? Array(self.required(key).text.utf8)
    guard let ssid = SSID(bytes) else {
      preconditionFailure("the grammar accepted a network's name of \(bytes.count) bytes")
    }
    return ssid
  }
}

extension SSID {
  /// For messages: the text if it is one.
  var languageText: String {
    String(validating: self.bytes, as: UTF8.self)
      ?? String(decoding: self.description, as: UTF8.self)
  }
}

import CloudCore
import DeviceProtocol
import Simulation

/// A closed set of choices, each with its word in the language.
protocol LanguageWord: CaseIterable, Equatable, Sendable {
  var word: String { get }
}

extension LanguageWord where Self: RawRepresentable, RawValue == String {
  var word: String { self.rawValue }
}

extension LanguageWord {
  init?(word: String) {
    guard let choice = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = choice
  }

  /// - Parameters:
  ///   - says: What the reference says of each that it says something of.
  ///   - isVirtualOnly: Which can't be had in the real way.
  static func words(
    _ says: (Self) -> String? = { _ in nil },
    virtualOnly isVirtualOnly: (Self) -> Bool = { _ in false }
  ) -> [Word] {
    self.allCases.map { Word($0.word, says($0), virtualOnly: isVirtualOnly($0)) }
  }
}

extension Scenario.Way: LanguageWord {}
extension Scenario.CloudSettings.Cache: LanguageWord {}
extension BindingPolicy: LanguageWord {}
extension RelinkPolicy: LanguageWord {}
extension ClientKind: LanguageWord {}
extension DeviceSessionState: LanguageWord {}
extension Action.NetworkState: LanguageWord {}
extension Action.CloudAction: LanguageWord {}
extension Action.ReplayAnswer: LanguageWord {}
extension Fault.Exchange: LanguageWord {}
extension Claim.Counter: LanguageWord {}

extension DeviceKind: LanguageWord {
  var word: String { "\(self.text)" }
}

/// WEP is left out: no device of the lab takes it.
enum NetworkSecurity: String, LanguageWord {
  case wpa2, sae, open

  var security: WiFiSecurity {
    switch self {
    case .wpa2: .wpa2
    case .sae: .sae
    case .open: .open
    }
  }
}

extension JournalState: LanguageWord {
  var word: String {
    switch self {
    case .factory: "factory"
    case .joiningWiFi: "joining_wifi"
    case .pairing: "pairing"
    case .online: "online"
    case .offline: "offline"
    case .loggedOut: "logged_out"
    }
  }
}

extension JournalWiFiResult: LanguageWord {
  var word: String {
    switch self {
    case .joined: "joined"
    case .networkNotFound: "network_not_found"
    case .wrongPassphrase: "wrong_passphrase"
    case .routerDown: "router_down"
    case .lost: "lost"
    }
  }
}

extension JournalPayloadResult: LanguageWord {
  var word: String {
    switch self {
    case .accepted: "accepted"
    case .malformed: "malformed"
    case .expired: "expired"
    case .used: "used"
    case .otherCloud: "other_cloud"
    case .unknown: "unknown"
    case .alreadyBound: "already_bound"
    case .notReady: "not_ready"
    }
  }
}

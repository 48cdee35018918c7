import CloudCore
import DeviceProtocol
import Simulation

extension Expectation {
  var yaml: YAML {
    var members: [YAML.Member]
    switch self.subject {
    case .devices(let devices): members = YAML.members(["device": devices.yaml])
    case .owners(let owners): members = YAML.members(["owner": owners.yaml])
    }
    members += self.conditions.map(\.yaml)
    switch self.time {
    case .now: break
    case .within(let duration): members += YAML.members(["within": YAML(duration)])
    case .throughout(let duration): members += YAML.members(["for": YAML(duration)])
    }
    return .mapping(members)
  }
}

extension Expectation.Condition {
  fileprivate var yaml: YAML.Member {
    switch self {
    case .state(let state): .init(key: "state", value: YAML(state.word))
    case .binding(let owner): .init(key: "binding", value: YAML(owner ?? "nobody"))
    case .session(let session): .init(key: "session", value: YAML(session.word))
    case .payload(let result): .init(key: "payload", value: YAML(result.word))
    case .wifi(let result): .init(key: "wifi", value: YAML(result.word))
    case .recordings(let count): .init(key: "recordings", value: YAML(count))
    case .everythingRecorded: .init(key: "recordings", value: YAML("complete"))
    case .settled: .init(key: "settled", value: YAML(true))
    case .loggedIn(let isLoggedIn): .init(key: "logged_in", value: YAML(isLoggedIn))
    }
  }
}

extension Claim {
  var yaml: YAML {
    var members: [YAML.Member]
    switch self.quantity {
    case .counter(let counter): members = YAML.members(["count": YAML(counter.word)])
    case .peakPercent: members = YAML.members(["measure": YAML("peak_percent")])
    case .peakPerSecond: members = YAML.members(["measure": YAML("peak_per_second")])
    case .mostRequestsPerDevice:
      members = YAML.members(["measure": YAML("most_requests_per_device")])
    case .secondsUntilBack(let percent):
      members = YAML.members(["seconds_until_back": YAML(percent)])
    case .percentBack(let time): members = YAML.members(["percent_back": YAML(time)])
    case .percentOfOwnersBack(let time):
      members = YAML.members(["percent_of_owners_back": YAML(time)])
    }
    switch self.of {
    case .everybody: break
    case .devices(let devices): members += YAML.members(["of": devices.yaml])
    case .owner(let email): members += YAML.members(["of": YAML(email)])
    case .links: members += YAML.members(["of": YAML("links")])
    }
    switch self.bound {
    case .exactly(let number): members += YAML.members(["exactly": YAML(number)])
    case .atLeast(let number): members += YAML.members(["at_least": YAML(number)])
    case .atMost(let number): members += YAML.members(["at_most": YAML(number)])
    }
    members += YAML.members([
      "since": self.since.map { YAML($0) }, "until": self.until.map { YAML($0) },
    ])
    return .mapping(members)
  }
}

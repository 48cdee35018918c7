import CloudCore
import DeviceProtocol
import Simulation

extension Expectation {
  init(_ fields: Fields) {
    var conditions: [Condition] = []
    if let state = fields["state"] { conditions.append(.state(state.choice())) }
    if let binding = fields["binding"] {
      conditions.append(.binding(binding.text == "nobody" ? nil : binding.text))
    }
    if let session = fields["session"] { conditions.append(.session(session.choice())) }
    if let payload = fields["payload"] { conditions.append(.payload(payload.choice())) }
    if let wifi = fields["wifi"] { conditions.append(.wifi(wifi.choice())) }
    if let recordings = fields["recordings"] {
      if case .integer(let count) = recordings.content {
        conditions.append(.recordings(count))
      } else {
        conditions.append(.everythingRecorded)
      }
    }
    if fields["settled"] != nil { conditions.append(.settled) }
    if let loggedIn = fields["logged_in"] { conditions.append(.loggedIn(loggedIn.truth)) }
    let time: Time =
      fields["within"].map { .within($0.duration) }
      ?? fields["for"].map { .throughout($0.duration) } ?? .now
    self.init(
      fields["device"].map { .devices($0.devices) } ?? .owners(fields.required("owner").owners),
      conditions, time)
  }
}

extension Claim {
  init(_ fields: Fields) {
    let quantity: Quantity
    if let counter = fields["count"] {
      quantity = .counter(counter.choice())
    } else if let percent = fields["seconds_until_back"] {
      quantity = .secondsUntilBack(percent: percent.integer)
    } else if let time = fields["percent_back"] {
      quantity = .percentBack(after: time.duration)
    } else if let time = fields["percent_of_owners_back"] {
      quantity = .percentOfOwnersBack(after: time.duration)
    } else {
      quantity =
        switch fields.required("measure").text {
        case "peak_percent": .peakPercent
        case "peak_per_second": .peakPerSecond
        default: .mostRequestsPerDevice
        }
    }
    let bound: Bound =
      fields["exactly"].map { .exactly($0.integer) }
      ?? fields["at_least"].map { .atLeast($0.integer) }
      ?? .atMost(fields.required("at_most").integer)
    self.init(quantity, of: fields["of"].map(Subject.init) ?? .everybody, bound)
    self.since = fields["since"]?.text
    self.until = fields["until"]?.text
  }
}

extension Claim.Subject {
  fileprivate init(_ value: Value) {
    if case .text("links") = value.content {
      self = .links
    } else if case .text(let text) = value.content, text.contains("@") {
      self = .owner(text)
    } else {
      self = .devices(value.devices)
    }
  }
}

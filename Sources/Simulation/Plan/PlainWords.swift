import CloudCore
package import DeviceProtocol

// What a scenario asks for, in plain words: the claims of verdicts, whichever way it is run.

extension Duration {
  /// As scenario files spell it: the largest unit that keeps it whole (`5m`, `1500ms`).
  package var inWords: String {
    let milliseconds =
      self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
    for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
      as [(
        String, Int64
      )] where milliseconds != 0 && milliseconds % factor == 0
    {
      return "\(milliseconds / factor)\(unit)"
    }
    return "\(milliseconds)ms"
  }
}

extension Sequence<String> {
  /// `a, b and c`.
  package var inWords: String {
    let words = Array(self)
    guard words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) and \(words[words.count - 1])"
  }
}

extension DeviceSelection {
  package var inWords: String {
    switch self {
    case .all: "every device"
    case .kind(let kind): "every \(kind.text)"
    case .named(let names): names.inWords
    case .fleet: "the fleet"
    }
  }

  fileprivate var isMany: Bool {
    if case .named(let names) = self { names.count > 1 } else { false }
  }
}

extension OwnerSelection {
  package var inWords: String {
    switch self {
    case .all: "every owner"
    case .named(let emails): emails.inWords
    case .fleet: "every owner of the fleet"
    }
  }

  fileprivate var isMany: Bool {
    if case .named(let names) = self { names.count > 1 } else { false }
  }
}

extension Expectation {
  /// `porch is online within 5m`.
  package var inWords: String {
    let (subject, isMany) =
      switch self.subject {
      case .devices(let selection): (selection.inWords, selection.isMany)
      case .owners(let selection): (selection.inWords, selection.isMany)
      }
    let conditions = self.conditions.map { $0.inWords(isMany: isMany) }.inWords
    return switch self.time {
    case .now: "\(subject) \(conditions)"
    case .within(let limit): "\(subject) \(conditions) within \(limit.inWords)"
    case .throughout(let time): "\(subject) \(conditions) for \(time.inWords)"
    }
  }
}

extension Expectation.Condition {
  fileprivate func inWords(isMany: Bool) -> String {
    let (isWord, hasWord, belongs) =
      isMany ? ("are", "have", "belong") : ("is", "has", "belongs")
    return switch self {
    case .state(let state): "\(isWord) \(state.inWords)"
    case .binding(let owner): "\(belongs) to \(owner ?? "nobody")"
    case .session(.live): "\(hasWord) a live session"
    case .session(.dead): "\(hasWord) a dead session"
    case .session(.none): "\(hasWord) no session"
    case .payload(let result): "\(hasWord) found its payload \(result.inWords)"
    case .wifi(let result): "\(hasWord) Wi-Fi: \(result.inWords)"
    case .recordings(let count): "\(hasWord) \(count) recordings in the cloud"
    case .everythingRecorded: "\(hasWord) each of its recordings in the cloud once"
    case .settled: "\(isWord) settled"
    case .loggedIn(true): "\(isWord) logged in"
    case .loggedIn(false): "\(isWord) logged out"
    }
  }
}

extension JournalState {
  package var inWords: String {
    switch self {
    case .factory: "as it left the factory"
    case .joiningWiFi: "joining Wi-Fi"
    case .pairing: "pairing"
    case .online: "online"
    case .offline: "offline"
    case .loggedOut: "logged out"
    }
  }
}

extension WireWord {
  /// `wrong passphrase` for `wrongPassphrase`.
  package var inWords: String {
    "\(self.text)".reduce(into: "") { words, character in
      words += character.isUppercase ? " " + character.lowercased() : String(character)
    }
  }
}

extension Claim {
  /// `refreshes of porch since logout: exactly 1`.
  package var inWords: String {
    var text = self.quantity.inWords
    switch self.of {
    case .everybody: break
    case .devices(let selection): text += " of \(selection.inWords)"
    case .owner(let email): text += " of \(email)"
    case .links: text += " of the links to platforms"
    }
    if let since { text += " since \(since)" }
    if let until { text += " until \(until)" }
    return text + ": \(self.bound.inWords)"
  }
}

extension Claim.Bound {
  package var inWords: String {
    switch self {
    case .exactly(let count): "exactly \(count)"
    case .atLeast(let count): "at least \(count)"
    case .atMost(let count): "at most \(count)"
    }
  }
}

extension Claim.Quantity {
  package var inWords: String {
    switch self {
    case .counter(let counter): counter.rawValue.split(separator: "_").joined(separator: " ")
    case .peakPercent: "the busiest second's requests in percent of the steady rate"
    case .peakPerSecond: "the busiest second's requests"
    case .secondsUntilBack(let percent): "seconds until \(percent) % of the devices are back"
    case .percentBack(let time): "percent of the devices that are back after \(time.inWords)"
    case .percentOfOwnersBack(let time):
      "percent of the owners who are back after \(time.inWords)"
    case .mostRequestsPerDevice: "the most requests that one device needed"
    }
  }
}

import CloudCore

/// Which forced logouts there were before a token was minted: rule 1 for fleets that are too large
/// for the model, at the price of a number for each client. Logouts of everyone and of a kind of
/// client count; the others concern one of millions.
struct LogoutEras {
  /// Counts the logouts; a token that is minted now is of this era.
  private(set) var present: UInt32 = 0
  /// Tokens of an earlier era are dead.
  private var everyone: UInt32 = 0
  private var kinds: [ClientKind: UInt32] = [:]

  mutating func loggedOut(_ target: LogoutTarget) {
    switch target {
    case .everyone:
      self.present += 1
      self.everyone = self.present
    case .kind(let kind):
      self.present += 1
      self.kinds[kind] = self.present
    case .issuedBefore, .region, .account, .device, .session: break
    }
  }

  /// Whether a token of this era, of a client of this kind, must be refused.
  func isDead(_ era: UInt32, of kind: ClientKind) -> Bool {
    era < max(self.everyone, self.kinds[kind] ?? 0)
  }
}

extension World {
  /// Of the tokens that the client has.
  func era(of client: Exchange.Client) -> UInt32 {
    switch client {
    case .device(let index, _), .stream(let index): self.devices[index].era
    case .app(let app), .appStream(let app): self.apps[app].era
    // They are not watched in this way.
    case .thief, .probe, .nobody: .max
    }
  }

  /// The client has got tokens that were minted in this era.
  mutating func keep(era: UInt32, of client: Exchange.Client) {
    switch client {
    case .device(let index, _), .stream(let index): self.devices[index].era = era
    case .app(let app), .appStream(let app): self.apps[app].era = era
    case .thief, .probe, .nobody: break
    }
  }

  /// Whether an exchange comes with a token of before a logout.
  func isOfEarlierEra(_ exchange: Exchange) -> Bool {
    switch exchange.request {
    case .resource, .refresh: break
    case .register, .authorize, .exchangeCode, .pair, .relink, .revoke: return false
    }
    switch exchange.client {
    case .device(let index, _), .stream(let index):
      return self.eras.isDead(
        exchange.era, of: ClientKind(self.devices[index].specification.kind))
    case .app(let app), .appStream(let app):
      return self.eras.isDead(exchange.era, of: self.apps[app].kind)
    case .thief, .probe, .nobody: return false
    }
  }

  /// An exchange that the cloud has committed, in a run without the model.
  mutating func observeWithoutModel(_ handled: CloudFront.Handled, of place: Int32) {
    if case .refused = handled.answer { return }
    guard let exchange = self.exchanges[place] else { return }
    self.observeWithoutModel(exchange, wasDead: exchange.wasDead)
  }

  /// An exchange that the cloud has accepted.
  mutating func observeWithoutModel(_ exchange: Exchange, wasDead: Bool) {
    guard wasDead else { return }
    self.counters.count(.deadTokensAccepted, of: self.counterIndex(of: exchange.client))
    self.violate(
      1, "\(self.name(of: exchange.client)): a token of before the logout was accepted")
  }
}

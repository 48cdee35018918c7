import CloudCore

// The owners of a fleet: their apps are closed until they are needed.

extension World {
  /// Only what it takes to begin anew is kept while an app is closed.
  mutating func closeApp(_ app: Int) {
    self.apps[app].tokens?.access = ""
    self.apps[app].tokens?.refreshAt = 0
    self.apps[app].tasks = []
  }

  mutating func ownerChanged(_ app: Int, isLoggedIn: Bool) {
    guard !self.apps[app].isLink else { return }
    self.owners.changed(app, isThere: isLoggedIn, now: self.now)
  }

  /// After a forced logout each owner opens the app one day, which then finds its session dead.
  mutating func ownersWillReturn(_ target: LogoutTarget) {
    guard self.scenario.fleet?.ownersReturn != nil else { return }
    switch target {
    case .everyone, .kind(.app): break
    case .issuedBefore, .kind, .region, .account, .device, .session: return
    }
    for app in self.scenario.owners.count..<self.linkIndices.lowerBound
    where self.apps[app].tokens != nil {
      let delay = self.returnDelay(of: app)
      self.apps[app].isOpened = true
      self.apps[app].tasks.append(.lookAtAll)
      self.apps[app].notBefore = self.now + delay
      self.wakeApp(app, at: self.now + delay)
    }
  }

  /// An owner of a fleet logs in again: at once if the app was opened for that, else after a while.
  mutating func ownerReturns(_ app: Int) {
    guard self.scenario.fleet?.ownersReturn != nil, app >= self.scenario.owners.count,
      !self.apps[app].isLink
    else { return }
    let delay = self.apps[app].isOpened ? 0 : self.returnDelay(of: app)
    self.apps[app].isOpened = false
    self.apps[app].tasks.insert(.logIn(code: nil), at: 0)
    self.apps[app].notBefore = self.now + delay
    self.wakeApp(app, at: self.now + delay)
  }

  /// Exponential: half are back after the scenario's time, three quarters after twice that.
  private mutating func returnDelay(of app: Int) -> UInt64 {
    guard let half = self.scenario.fleet?.ownersReturn else { return 0 }
    var wait = 0.0
    var left = Double(self.apps[app].random.number(below: 1_000_000) + 1) / 1_000_000
    while left < 0.5 {
      left *= 2
      wait += 1
    }
    wait += 2 * (1 - left)
    return UInt64(wait * Double(half.wholeMilliseconds))
  }
}

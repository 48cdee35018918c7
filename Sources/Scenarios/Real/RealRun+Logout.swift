import CloudCore
import DeviceProtocol
import Foundation
import Simulation

extension RealRun {
  /// Logs out by force, and tries everything that must be dead then.
  func logOut(_ scope: Action.LogoutScope, reason: String) async throws {
    try await self.judgeSuccessors()
    try await self.keepIdentities()
    let evidence = try await self.gatherEvidence(scope)
    let covered = self.devices(coveredBy: scope)
    let request = try await self.request(scope, reason: reason)
    var epoch: UInt64?
    let admin = try await self.lab.admin()
    let duration = try await ContinuousClock().measure {
      guard case .list = scope else {
        epoch = try await admin.logOut(request).epoch
        return
      }
      if case .unknown = try await admin.logOutList(request), request.skipUnknown == true {
        throw LabError(.unexpectedAnswer, "the cloud did not skip what it does not know")
      }
    }
    let now = Int64(Date().timeIntervalSince1970 * 1_000)
    self.expected.logouts.append(Expected.AcknowledgedLogout(at: now, covers: covered))
    self.allowLogout(of: covered.union(self.devices(perhapsCoveredBy: scope)))
    self.note(
      "acknowledged in \(duration.milliseconds) ms"
        + (epoch.map { ": \(scope.possessive) epoch is now \($0)" } ?? "")
    )
    for item in evidence {
      if item.isCovered {
        try await self.judgeRefusal(of: item)
      } else {
        let verdict = try await self.lab.app(of: item.email)
          .present(accessToken: item.tokens.accessToken)
        self.judge(
          "\(item.email), whom the logout does not cover, is still logged in",
          holds: verdict == .accepted, else: verdict.inWords)
      }
    }
  }

  /// An app's live tokens from before the logout.
  private struct Evidence {
    let email: String
    let tokens: OwnerApp.Tokens
    let isCovered: Bool
  }

  private func gatherEvidence(_ scope: Action.LogoutScope) async throws -> [Evidence] {
    // When a token was minted is not known here.
    if case .issuedBefore(_?) = scope { return [] }
    var evidence: [Evidence] = []
    for owner in self.scenario.owners {
      let app = try await self.lab.app(of: owner.email)
      guard try await app.isLoggedIn(), let tokens = await app.heldTokens else { continue }
      let isCovered =
        switch scope {
        case .everyone, .kind(.app), .issuedBefore: true
        case .account(let email), .session(let email): email == owner.email
        case .region(let region): owner.region == region
        case .list(let names, let skips):
          (skips || !names.contains(.nobody)) && names.contains(.account(owner.email))
        case .kind, .device: false
        }
      evidence.append(Evidence(email: owner.email, tokens: tokens, isCovered: isCovered))
    }
    return evidence
  }

  private func judgeRefusal(of evidence: Evidence) async throws {
    let app = try await self.lab.app(of: evidence.email)
    let verdicts = try await app.presentEverywhere(
      accessToken: evidence.tokens.accessToken, device: try await self.deviceID(for: evidence.email)
    )
    let others = verdicts.filter { !$0.verdict.isRefused(reason: "logged_out") }
    self.judge(
      "\(evidence.email)'s old access token is refused at each of an app's \(verdicts.count) routes",
      rule: 1, holds: others.isEmpty,
      else: others.map { "\($0.route): \($0.verdict.inWords)" }.joined(separator: ", "))
    let refresh = try await app.present(refreshToken: evidence.tokens.refreshToken).verdict
    self.judge(
      "\(evidence.email)'s old refresh token is refused", rule: 1,
      holds: refresh.isRefused(reason: "logged_out"), else: refresh.inWords)
    let presented = verdicts.map(\.verdict) + [refresh]
    self.thieves.count.requests += presented.count
    self.thieves.count.deadTokenRequests += presented.count
    self.thieves.count.deadTokensAccepted += presented.filter { $0 == .accepted }.count
  }

  /// One of the owner's; else one that the cloud does not know, for a dead token is refused first.
  private func deviceID(for email: String) async throws -> String {
    let device = try await self.statuses().first { $0.status.accountEmail == email }
    return device?.status.id ?? "00000000-0000-4000-8000-000000000000"
  }

  private func devices(coveredBy scope: Action.LogoutScope) -> Set<String> {
    let devices = self.scenario.devices
    return switch scope {
    case .everyone: Set(devices.map(\.nickname))
    case .kind(let kind): Set(devices.filter { "\($0.kind.text)" == kind.rawValue }.map(\.nickname))
    case .account(let email): Set(devices.filter { $0.owner == email }.map(\.nickname))
    case .device(let nickname): [nickname]
    case .region(let region):
      Set(devices.filter { self.scenario.region(of: $0.owner) == region }.map(\.nickname))
    case .issuedBefore(nil): Set(devices.map(\.nickname))
    case .list(let names, let skips):
      skips || !names.contains(.nobody)
        ? Set(
          devices.filter {
            names.contains(.account($0.owner)) || names.contains(.device($0.nickname))
          }
          .map(\.nickname)) : []
    case .session, .issuedBefore: []
    }
  }

  /// Whom the logout covers or not: it is not known here when their tokens were minted.
  private func devices(perhapsCoveredBy scope: Action.LogoutScope) -> Set<String> {
    guard case .issuedBefore(_?) = scope else { return [] }
    return Set(self.scenario.devices.map(\.nickname))
  }

  private func request(
    _ scope: Action.LogoutScope, reason: String
  ) async throws -> LogoutRequest {
    var request = LogoutRequest(scope: scope.word, reason: reason)
    switch scope {
    case .everyone: break
    case .kind(let kind): request.kind = kind.rawValue
    case .account(let email): request.email = email
    case .device(let nickname): request.deviceId = try await self.identity(of: nickname).id
    case .region(let region): request.region = region.text
    case .issuedBefore(nil): break
    case .issuedBefore(let ago?):
      let milliseconds = Int64(Date().timeIntervalSince1970 * 1_000) - Int64(ago / .milliseconds(1))
      request.before = UInt64(clamping: milliseconds)
    case .list(let names, let skips):
      var entries: [String] = []
      for name in names {
        switch name {
        case .account(let email): entries.append(email)
        case .device(let nickname): entries.append(try await self.identity(of: nickname).id)
        case .nobody: entries.append("nobody@example.org")
        }
      }
      request.entries = entries
      request.skipUnknown = skips
    case .session(let email):
      guard let session = try await self.lab.app(of: email).sessionID() else {
        throw LabError(.unexpectedAnswer, "the app of \(email) has no session to log out")
      }
      request.sessionId = session
    }
    return request
  }

  /// What must be the same after everything; kept before the first logout.
  private func keepIdentities() async throws {
    guard self.expected.identities.isEmpty else { return }
    for (nickname, status) in try await self.statuses() {
      self.expected.identities[nickname] = Expected.Identity(
        owner: status.accountEmail, ssid: status.ssid)
    }
  }
}

extension Action.LogoutScope {
  /// On the wire.
  fileprivate var word: String {
    switch self {
    case .everyone: RevocationScope.Word.everyone.rawValue
    case .kind: RevocationScope.Word.kind.rawValue
    case .account: RevocationScope.Word.account.rawValue
    case .device: RevocationScope.Word.device.rawValue
    case .session: RevocationScope.Word.session.rawValue
    case .region: RevocationScope.Word.region.rawValue
    case .issuedBefore: RevocationScope.Word.issuedBefore.rawValue
    case .list: "list"
    }
  }

  fileprivate var possessive: String {
    switch self {
    case .everyone: "everyone's"
    case .kind(let kind): "every \(kind.rawValue)'s"
    case .account(let email): "\(email)'s"
    case .device(let nickname): "\(nickname)'s"
    case .session(let email): "the session of \(email)'s"
    case .region(let region): "the region \(region.text)'s"
    case .issuedBefore: "the logouts' by time"
    case .list: "the list's"
    }
  }
}

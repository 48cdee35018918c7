import CloudCore
import CloudServer
import Foundation
import TestSupport
import Testing

/// The scenes that every preset is played in.
extension Transcript {
  /// Plays all of them against a cloud of its own.
  static func play(_ preset: PolicyPreset) async throws -> String {
    let clock = TestClock()
    return try await RunningCloud.with(
      clock: clock.read, clients: OAuthClient.builtIn(preset.policy)
    ) { cloud in
      try await cloud.withClient { http in
        let email = "owner@example.org"
        _ = try await cloud.newOwner(email, on: http)
        let transcript = Transcript(
          cloud: cloud, http: http, clock: clock, email: email, heading: Self.heading(preset))
        try await transcript.play(preset.policy)
        return transcript.text
      }
    }
  }

  private static func heading(_ preset: PolicyPreset) -> String {
    let policy = preset.policy
    let rotation =
      switch policy.rotation {
      case .strict: "strict"
      case .grace(let window): "grace of \(window / 1_000) s"
      case .idempotent(let window): "idempotent for \(window / 1_000) s"
      case .retireOnUse: "retire-on-use"
      case .reusable: "reusable"
      }
    func life(_ seconds: UInt32?) -> String { seconds.map { "\($0) s" } ?? "for ever" }
    return """
      # The preset \(preset.rawValue): rotation \(rotation), a theft ends the \(policy.reaction.rawValue), \
      idle \(life(policy.idleSeconds)), at most \(life(policy.absoluteSeconds))
      #
      # Recorded by TranscriptTests, which play it again; docs/token-policies.md explains both.

      """
  }

  private func play(_ policy: TokenPolicy) async throws {
    try await self.firstUse()
    try await self.retryInTime(policy)
    try await self.retryTooLate(policy, isUsed: false)
    try await self.retryTooLate(policy, isUsed: true)
    try await self.theft()
    if let idle = policy.idleSeconds { try await self.idle(seconds: idle) }
    if let absolute = policy.absoluteSeconds {
      try await self.age(seconds: absolute, idleSeconds: policy.idleSeconds ?? absolute)
    }
  }

  private func firstUse() async throws {
    self.scene("First use")
    let first = try await self.logIn()
    self.wait(milliseconds: 60_000)
    let second = try #require(try await self.refresh(first.refresh))
    try await self.use(second)
    self.wait(milliseconds: 60_000)
    let third = try #require(try await self.refresh(second.refresh))
    try await self.use(third)
  }

  /// Half the window after the answer was lost; where there is no window, at once.
  private func retryInTime(_ policy: TokenPolicy) async throws {
    let window = policy.rotation.windowMilliseconds
    self.scene(
      window > 0 ? "A retry inside the window, the answer lost" : "A retry at once, the answer lost"
    )
    let first = try await self.logIn()
    let lost = try await self.refresh(first.refresh)
    self.note("that answer is lost")
    self.wait(milliseconds: window / 2)
    let again = try await self.refresh(first.refresh)
    if let lost, let again, lost.refresh != again.refresh {
      self.note("whoever has the lost answer after all")
      try await self.refresh(lost.refresh)
    }
    if let held = again ?? lost {
      self.note(again == nil ? "nothing else is left either" : "the client goes on")
      try await self.use(held)
      try await self.refresh(held.refresh)
    }
  }

  /// - Parameter isUsed: Whether the answer was received, and its access token used.
  private func retryTooLate(_ policy: TokenPolicy, isUsed: Bool) async throws {
    let window = policy.rotation.windowMilliseconds
    let when = window > 0 ? "A retry after the window" : "A retry a minute later"
    self.scene("\(when), \(isUsed ? "the answer received" : "the answer lost")")
    let first = try await self.logIn()
    let second = try #require(try await self.refresh(first.refresh))
    if isUsed { try await self.use(second) } else { self.note("that answer is lost") }
    self.wait(milliseconds: window > 0 ? window + 1 : 60_000)
    let again = try await self.refresh(first.refresh)
    self.note(again == nil ? "the client's newest tokens" : "the client goes on")
    let held = again ?? second
    try await self.use(held)
    try await self.refresh(held.refresh)
  }

  private func theft() async throws {
    self.scene("Theft")
    let phone = try await self.logIn()
    self.note("the account's other phone")
    let other = try await self.logIn()
    let second = try #require(try await self.refresh(phone.refresh))
    let third = try #require(try await self.refresh(second.refresh))
    try await self.use(third)
    self.wait(milliseconds: 600_000)
    self.note("a thief presents what the phone had at first")
    let stolen = try await self.refresh(phone.refresh)
    if let stolen { try await self.use(stolen) }
    self.note("the phone")
    try await self.use(third)
    try await self.refresh(third.refresh)
    self.note("the other phone")
    try await self.use(other)
    try await self.refresh(other.refresh)
  }

  private func idle(seconds: UInt32) async throws {
    self.scene("Idle for too long")
    let first = try await self.logIn()
    self.wait(milliseconds: UInt64(seconds) * 1_000 - 1)
    let second = try #require(try await self.refresh(first.refresh))
    self.wait(milliseconds: UInt64(seconds) * 1_000)
    try await self.use(second)
    try await self.refresh(second.refresh)
  }

  private func age(seconds: UInt32, idleSeconds: UInt32) async throws {
    self.scene("Too old")
    var held = try await self.logIn()
    var left = UInt64(seconds) * 1_000 - 30_000
    self.note("the client refreshes again and again, so that it is never idle for too long")
    while left > 0 {
      let step = min(left, UInt64(idleSeconds) * 900)
      self.wait(milliseconds: step)
      left -= step
      held = try #require(try await self.refresh(held.refresh, isWritten: left == 0))
    }
    self.wait(milliseconds: 29_999)
    try await self.use(held)
    self.wait(milliseconds: 1)
    try await self.use(held)
    try await self.refresh(held.refresh)
  }
}

extension RotationPolicy {
  fileprivate var windowMilliseconds: UInt64 {
    switch self {
    case .grace(let window), .idempotent(let window): window
    case .strict, .retireOnUse, .reusable: 0
    }
  }
}

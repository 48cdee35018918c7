import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

/// Each harm has its effect, and no other.
@Suite struct FaultTests {
  private static let porch = Fault.Subject.devices(.porch)

  @Test func `before the commit nothing happens at the cloud`() throws {
    let play = try Play(
      .oneHome([
        .fault(.motions, of: Self.porch, .beforeCommit), .use(.porch, times: 1),
        .expect(.porch, .recordings(0), .throughout(.seconds(30))), .heal,
        .expect(.porch, .recordings(1), .within(.seconds(60))), .wait(seconds: 1),
      ]))
    #expect(play.failures == [])
    let requests = play.requests("motions", of: "porch")
    #expect(requests.count > 2)
    #expect(requests.dropLast().allSatisfy { $0.outcome == "failed reset" })
    #expect(requests.last?.isFine == true)
  }

  @Test(arguments: [Fault.Harm.afterCommit, .afterByte(0), .afterByte(159)])
  func `after the commit it has happened, and the client does not know`(
    harm: Fault.Harm
  ) throws {
    let play = try Play(
      .oneHome([
        .fault(.motions, of: Self.porch, harm), .use(.porch, times: 1),
        .expect(.porch, .recordings(1), .within(.milliseconds(200))), .wait(seconds: 30),
        .heal, .wait(seconds: 60), .expect(.porch, .everythingRecorded),
      ]))
    #expect(play.failures == [])
    let requests = play.requests("motions", of: "porch")
    #expect(requests.count > 2)
    #expect(requests.dropLast().allSatisfy { $0.outcome == "failed reset" })
    #expect(requests.last?.isFine == true)
  }

  @Test(arguments: [
    Fault.Harm.status(504, retryAfter: nil, .afterCommit), .malformed(.truncated, .afterCommit),
    .malformed(.notJSON), .malformed(.wrongType), .malformed(.empty),
  ])
  func `another answer after the commit hides that it has happened`(harm: Fault.Harm) throws {
    let play = try Play(
      .oneHome([
        .fault(.motions, of: Self.porch, harm, times: 3), .use(.porch, times: 1),
        .expect(.porch, .recordings(1), .within(.milliseconds(200))), .wait(seconds: 60),
        .expect(.porch, .everythingRecorded),
      ]))
    #expect(play.failures == [])
    let requests = play.requests("motions", of: "porch")
    #expect(requests.count == 4)
    #expect(requests.dropLast().allSatisfy { !$0.isFine }, "\(requests.map(\.outcome))")
    #expect(requests.last?.isFine == true)
  }

  @Test func `a made-up answer before the commit is of nothing that has happened`() throws {
    let play = try Play(
      .oneHome([
        .fault(.motions, of: Self.porch, .malformed(.wrongType, .beforeCommit)),
        .use(.porch, times: 1), .expect(.porch, .recordings(0), .throughout(.seconds(30))), .heal,
        .wait(seconds: 60), .expect(.porch, .everythingRecorded),
      ]))
    #expect(play.failures == [])
  }

  @Test func `a request that is held is served late, and once`() throws {
    let play = try Play(
      .oneHome([
        .fault(.motions, of: Self.porch, .delay(.seconds(5), .beforeCommit), times: 1),
        .use(.porch, times: 1), .expect(.porch, .recordings(0), .throughout(.seconds(4))),
        .expect(.porch, .recordings(1), .within(.seconds(2))), .wait(seconds: 20),
      ]))
    #expect(play.failures == [])
    #expect(play.requests("motions", of: "porch").map(\.outcome) == ["ok 200"])
  }

  /// Whatever a fault makes of the answers of its refreshes, a device that keeps its token comes back.
  @Test(arguments: Fault.Malformation.allCases, Fault.Phase.allCases)
  func `spoilt answers to refreshes log nobody out`(
    malformation: Fault.Malformation, phase: Fault.Phase
  ) throws {
    var scenario = Scenario.oneHome([
      .fault(.refresh, of: Self.porch, .malformed(malformation, phase), times: 4),
      .wait(seconds: 300), .expect(.porch, .state(.online), .within(.seconds(60))),
    ])
    scenario.cloud.accessTokenLifetime = .seconds(60)
    let play = try Play(scenario)
    #expect(play.failures == [])
    #expect(play.number(.logouts, of: "porch") == 0)
    #expect(play.number(.failedRefreshes, of: "porch") == 4)
  }

  private static let answers: [ObservedAnswer] = [
    .registered(AccountID(number: 1)), .pairingToken("token", expiresInSeconds: 60),
    .session(SessionID(number: 2), kind: .app, account: AccountID(number: 1), device: nil),
    .tokens(
      access: "a", refresh: "r", expiresInSeconds: 60, account: AccountID(number: 1), device: nil),
    .devices([]), .recordings([]), .acknowledged([7]),
  ]

  @Test(arguments: answers.indices, Fault.Malformation.allCases)
  func `no answer is right when it is spoilt`(index: Int, malformation: Fault.Malformation) {
    let answer = Exchange.End.answer(CloudFront.Handled(Self.answers[index]))
    guard case .malformed = World.spoilt(answer, malformation, ofStream: false) else {
      Issue.record("\(Self.answers[index]) is right")
      return
    }
  }

  @Test(arguments: Fault.Malformation.allCases)
  func `an answer without a body is not spoilt, and a stream is`(malformation: Fault.Malformation) {
    for answer in [ObservedAnswer.done, .code("code")] {
      let end = Exchange.End.answer(CloudFront.Handled(answer))
      guard case .answer = World.spoilt(end, malformation, ofStream: false) else {
        Issue.record("\(answer) is spoilt")
        continue
      }
    }
    let opened = Exchange.End.answer(CloudFront.Handled(.done))
    guard case .malformed = World.spoilt(opened, malformation, ofStream: true) else {
      Issue.record("the stream is right")
      return
    }
  }

  @Test func `what is refused stays refused when it is spoilt`() {
    let answer = CloudFront.Handled(.refused(status: 429, reason: "too_many_requests"))
    answer.retryAfterSeconds = 7
    guard
      case .status(429, retryAfterSeconds: 7) = World.spoilt(
        .answer(answer), .truncated, ofStream: false)
    else {
      Issue.record("it is another answer")
      return
    }
  }

  /// The code comes in a redirect, which has no body to spoil, and then the tokens for it: a login whose
  /// answer says nothing begins anew.
  @Test(arguments: Fault.Malformation.allCases, Fault.Phase.allCases)
  func `a spoilt answer to a login is no login`(
    malformation: Fault.Malformation, phase: Fault.Phase
  ) throws {
    func milliseconds(_ actions: [Action]) throws -> UInt64 {
      let play = try Play(
        .oneHome(
          [.signOut(.ada), .wait(seconds: 5)] + actions + [
            .logIn(.ada),
            .expect(Demand(.owners(.ada), [.loggedIn(true)], .within(.seconds(60)))),
          ]))
      #expect(play.failures == [])
      #expect(play.entries("ada@example.org", "fault: exchange login").count == 2 * actions.count)
      let begun = try #require(play.entries("lab", "step: action log in").last)
      let done = try #require(play.entries("ada@example.org", "loggedIn").last)
      return done.milliseconds - begun.milliseconds
    }
    let harmed = try milliseconds([
      .fault(
        .login, of: .owner("ada@example.org"), .malformed(malformation, phase), times: 2)
    ])
    #expect(try harmed >= milliseconds([]) + 50)
  }

  @Test(arguments: Fault.Phase.allCases)
  func `a spoilt answer opens no stream`(phase: Fault.Phase) throws {
    let play = try Play(
      .oneHome([
        .power(.devices(.porch), isOn: false),
        .fault(.stream, of: Self.porch, .malformed(.truncated, phase), times: 2),
        .power(.devices(.porch), isOn: true),
        .expect(.porch, .state(.online), .within(.seconds(60))),
      ]))
    #expect(play.failures == [])
    #expect(
      play.requests("stream", of: "porch").suffix(3).map(\.isFine) == [false, false, true])
  }

  @Test func `a cut behind the last byte harms nothing`() throws {
    let play = try Play(
      .oneHome([
        .fault(.motions, of: Self.porch, .afterByte(1_000_000)), .use(.porch, times: 1),
        .wait(seconds: 5),
      ]))
    #expect(play.requests("motions", of: "porch").map(\.outcome) == ["ok 200"])
    #expect(play.entries("porch", "fault").count == 1)
  }

  @Test(arguments: [(5, 5_000...5_100, "ok 200"), (20, 15_000...15_000, "failed timedOut")])
  func `a delay is waited for, up to the timeout`(
    seconds: Int, times: ClosedRange<UInt64>, outcome: String
  ) throws {
    let play = try Play(
      .oneHome([
        .fault(.motions, of: Self.porch, .delay(.seconds(seconds)), times: 1),
        .use(.porch, times: 1), .wait(seconds: 40),
      ]))
    let first = try #require(play.requests("motions", of: "porch").first)
    #expect(times.contains(first.time), "\(first.time)")
    #expect(first.outcome == outcome)
    #expect(play.failures == [])
  }

  /// The first copy ends the session, so the second comes with a dead token.
  @Test(arguments: [true, false])
  func `a duplicate reaches the cloud`(isDoubled: Bool) throws {
    let play = try Play(
      .oneHome([
        .fault(.unbind, of: Self.porch, .duplicate, nth: isDoubled ? 1 : 2), .reset(.porch),
        .wait(seconds: 10),
      ]))
    let isUnused = ["it never did: 1 exchanges that it is about came"]
    #expect(play.number(.deadTokenRequests, of: "porch") == (isDoubled ? 1 : 0))
    #expect(play.number(.deadTokensAccepted, of: "porch") == 0)
    #expect(play.requests("unbind", of: "porch").map(\.isFine) == [true])
    #expect(play.failures == (isDoubled ? [] : isUnused))
  }

  @Test func `a duplicate is not doubled again, nor counted as another`() throws {
    let play = try Play(
      .oneHome([
        .fault(.heartbeat, of: Self.porch, .duplicate, times: 1_000), .wait(seconds: 100),
      ]))
    let sent = play.requests("heartbeat", of: "porch").count { $0.sent > 0 }
    let doubled = play.entries("porch", "doubled heartbeat request").count
    #expect((2...5).contains(doubled) && doubled <= sent, "\(doubled) of \(sent)")
  }

  @Test(arguments: [nil, 20]) func `a status comes with the time to wait`(retryAfter: Int?) throws {
    let play = try Play(
      .oneHome([
        .fault(
          .motions, of: Self.porch,
          .status(503, retryAfter: retryAfter.map { .seconds($0) }), times: 1),
        .use(.porch, times: 1), .wait(seconds: 60),
        .expect(.porch, .recordings(1)),
      ]))
    let requests = play.requests("motions", of: "porch")
    #expect(requests.count == 2)
    let first = try #require(requests.first)
    #expect(first.outcome.hasPrefix("refused 503"))
    let pause = (requests.last?.sent ?? 0) - first.ended
    #expect((pause >= 20_000) == (retryAfter != nil), "\(pause) ms")
  }

  @Test func `the nth is the first that is harmed, and so many are`() throws {
    let uses = (0..<4).flatMap { _ in [Action.use(.porch, times: 1), .wait(seconds: 20)] }
    let play = try Play(
      .oneHome([.fault(.motions, of: Self.porch, .beforeCommit, nth: 3, times: 2)] + uses))
    #expect(
      play.requests("motions", of: "porch").map(\.isFine) == [true, true, false, false, true, true])
  }

  @Test(arguments: [
    (Self.porch, [true, false, false]), (.owner("ada@example.org"), [false, false, true]),
    (.anybody, [true, true, true]),
  ])
  func `only those whom it is for are harmed`(
    subject: Fault.Subject, isHarmed: [Bool]
  ) throws {
    let play = try Play(
      .oneHome([
        .fault(.any, of: subject, .beforeCommit), .use(.all, times: 1), .look(.ada),
        .wait(seconds: 30),
      ]))
    let seen = ["porch", "bathroom", "ada@example.org"].map {
      !play.entries($0, "fault: exchange").isEmpty
    }
    #expect(seen == isHarmed)
  }

  @Test func `a fault of another exchange is none of this one's`() throws {
    let play = try Play(
      .oneHome([
        .fault(.refresh, of: .anybody, .beforeCommit), .use(.all, times: 1), .wait(seconds: 10),
        .expect(.all, .recordings(1)),
      ]))
    #expect(play.failures == ["it never did: 0 exchanges that it is about came"])
  }
}

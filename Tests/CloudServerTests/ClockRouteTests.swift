import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct ClockRouteTests {
  private let cloud = TestCloud()

  private func advance(seconds: Int) async throws {
    let answer = try await self.cloud.administer(
      .post, "/admin/v1/clock/advance", body: #"{"seconds":\#(seconds)}"#)
    #expect(answer.status == 200)
  }

  @Test func `a clock that nobody touched reads the machine's`() async throws {
    let clock = try await self.cloud.administer(.get, "/admin/v1/clock")
    #expect(
      clock.text
        == #"{"ahead_ms":0,"at":1577352060000,"frozen":false,"machine_at":1577352060000,"time":"2019-12-26T09:21:00.000Z"}"#
    )
  }

  @Test func `an access token expires when its life is advanced, and not before`() async throws {
    let app = try await self.cloud.newOwner()
    try await self.advance(seconds: 3_599)
    #expect(try await self.cloud.request(.get, "/v1/session", token: app.access).status == 200)
    try await self.advance(seconds: 1)
    let answer = try await self.cloud.request(.get, "/v1/session", token: app.access)
    #expect(try answer.string("reason") == "expired")
    let renewed = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    #expect(try await self.cloud.request(.get, "/v1/session", token: renewed.access).status == 200)
  }

  @Test func `pairing tokens follow the clock`() async throws {
    let app = try await self.cloud.newOwner()
    let token = try await self.cloud.pairingToken(of: app)
    try await self.advance(seconds: 600)
    let answer = try await self.cloud.pair(CloudFixture.certificate(1), with: token)
    #expect(try answer.string("reason") == "pairing_token_expired")
  }

  @Test func `whoever guessed passwords need not be waited for`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    for _ in 0..<6 {
      _ = try await self.cloud.decide(email: "owner@example.org", password: "wrong password")
    }
    #expect(try await self.cloud.decide(email: "owner@example.org").status == 429)
    try await self.advance(seconds: 60)
    #expect(try await self.cloud.decide(email: "owner@example.org").status == 303)
  }

  // No time is looked at here but by the request: its hub does not run.
  @Test func `a stream whose token has expired by it ends before the advance is answered`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    let caller = try await self.caller(app)
    let stream = try #require(
      self.cloud.service.streams.open(
        for: caller,
        on: PeerConnection(deviceCertificate: nil, remoteAddress: CloudFixture.address)))
    let hub = self.cloud.service.streams
    async let last: EventStream.Step = {
      while true {
        let step = await stream.next()
        guard case .finish = step else { continue }
        hub.close(stream)
        return step
      }
    }()
    try await self.advance(seconds: 3_599)
    #expect(!hub.streams { _ in true }.isEmpty)
    try await self.advance(seconds: 1)
    #expect(hub.streams { _ in true }.isEmpty)
    #expect(await last == .finish(.expired))
  }

  @Test func `a frozen clock stands, moves when it is told to, and resumes`() async throws {
    let frozen = try await self.cloud.administer(.post, "/admin/v1/clock/freeze")
    #expect(try frozen.json["frozen"] == .boolean(true))
    self.cloud.clock.advance(seconds: 100)
    let later = try await self.cloud.administer(.get, "/admin/v1/clock").json
    #expect(later["at"] == .integer(1_577_352_060_000))
    #expect(later["ahead_ms"] == .integer(-100_000))
    try await self.advance(seconds: 5)
    let resumed = try await self.cloud.administer(.post, "/admin/v1/clock/resume", body: "{}")
    #expect(try resumed.json["frozen"] == .boolean(false))
    self.cloud.clock.advance(seconds: 1)
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/clock").json["at"]
        == .integer(1_577_352_066_000))
  }

  @Test func `a clock goes backwards only by force`() async throws {
    let back = #"{"time":"2019-12-26T09:20:59.999Z""#
    let refused = try await self.cloud.administer(.put, "/admin/v1/clock", body: back + "}")
    #expect(refused.status == 409)
    #expect(try refused.string("reason") == "clock_backwards")
    let forced = try await self.cloud.administer(
      .put, "/admin/v1/clock", body: back + #","force":true}"#)
    #expect(forced.status == 200)
    #expect(try forced.json["at"] == .integer(1_577_352_059_999))
    let machine = try await self.cloud.administer(
      .put, "/admin/v1/clock", body: #"{"machine":true}"#)
    #expect(try machine.json["ahead_ms"] == .integer(0))
  }

  @Test func `a clock can be set to the time that it tells, at each millisecond`() async throws {
    _ = try await self.cloud.administer(.post, "/admin/v1/clock/freeze")
    for _ in 0..<1_000 {
      _ = try await self.cloud.administer(
        .post, "/admin/v1/clock/advance", body: #"{"milliseconds":1}"#)
      let clock = try await self.cloud.administer(.get, "/admin/v1/clock")
      let time = try #require(try clock.string("time"))
      let set = try await self.cloud.administer(
        .put, "/admin/v1/clock", body: #"{"time":"\#(time)"}"#)
      #expect(set.status == 200, "\(time)")
      #expect(try set.json["at"] == clock.json["at"])
    }
  }

  @Test(arguments: [
    ("{}", 400), (#"{"at":1,"time":"2030-01-31T12:00:00Z"}"#, 400), (#"{"machine":false}"#, 400),
    (#"{"time":"tomorrow"}"#, 400), (#"{"time":"2030-01-31"}"#, 400), (#"{"at":-1}"#, 400),
    (#"{"at":18446744073709551615,"force":true}"#, 400), (#"{"at":"1"}"#, 400),
    (#"{"at":1,"why":"x"}"#, 400), (#"{"at":253402300800000}"#, 400), ("[]", 400), ("", 400),
    (#"{"time":"12026-01-31T12:00:00Z"}"#, 400), (#"{"time":"2030-02-31T12:00:00Z"}"#, 400),
    (#"{"time":"2030-01-31T24:00:00Z"}"#, 400),
  ])
  func `a time that is none changes nothing`(body: String, status: Int) async throws {
    let answer = try await self.cloud.administer(.put, "/admin/v1/clock", body: body)
    #expect(answer.status == status)
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/clock").json["ahead_ms"] == .integer(0))
  }

  @Test(arguments: [
    "{}", #"{"seconds":1,"milliseconds":1}"#, #"{"seconds":1.5}"#, #"{"hours":1}"#,
    #"{"seconds":9223372036854775807}"#, #"{"milliseconds":9223372036854775807}"#,
    #"{"seconds":-9223372036854775808,"force":true}"#,
  ])
  func `an advance that is none changes nothing`(body: String) async throws {
    let answer = try await self.cloud.administer(.post, "/admin/v1/clock/advance", body: body)
    #expect(answer.status == 400)
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/clock").json["ahead_ms"] == .integer(0))
  }

  @Test func `a body where none belongs is refused`() async throws {
    let answer = try await self.cloud.administer(
      .post, "/admin/v1/clock/freeze", body: #"{"at":1}"#)
    #expect(answer.status == 400)
    #expect(
      try await self.cloud.administer(.get, "/admin/v1/clock").json["frozen"] == .boolean(false))
  }

  @Test func `a restart loses no advance and does not go backwards`() async throws {
    let folder = try TemporaryFolder()
    let machine = TestClock()
    func reading(
      _ body: @Sendable (RunningCloud) async throws -> Void = { _ in }
    ) async throws -> JSONValue? {
      try await RunningCloud.with(storage: .folder(folder.path + "/data"), clock: machine.read) {
        try await body($0)
        return try await $0.administer("GET", "/admin/v1/clock").json["at"]
      }
    }
    let advanced = try await reading {
      let answer = try await $0.administer(
        "POST", "/admin/v1/clock/advance", body: #"{"seconds":3600}"#)
      #expect(answer.status == 200)
    }
    #expect(advanced == .integer(1_577_355_660_000))
    machine.advance(seconds: 10)
    #expect(try await reading() == .integer(1_577_355_670_000))
    machine.set(UnixMilliseconds(1_577_000_000_000))
    #expect(try await reading() == .integer(1_577_355_660_000))
    let frozen = try await reading {
      let answer = try await $0.administer("POST", "/admin/v1/clock/freeze")
      #expect(answer.status == 200)
    }
    machine.advance(seconds: 10)
    #expect(try await reading() == frozen)
  }

  @Test func `of two changes at once the later one holds, whichever is heard of first`() {
    let clock = CloudClock(machine: { UnixMilliseconds(5) })
    clock.follow(ClockSetting(revision: 2, setTo: UnixMilliseconds(100), course: .frozen))
    clock.follow(ClockSetting(revision: 1, setTo: UnixMilliseconds(50), course: .frozen))
    #expect(clock.now == UnixMilliseconds(100))
    clock.follow(ClockSetting(revision: 3, setTo: UnixMilliseconds(70), course: .frozen))
    #expect(clock.now == UnixMilliseconds(70))
  }

  private func caller(_ tokens: TestCloud.Tokens) async throws -> Authenticated {
    let outcome = try await self.cloud.service.read { cloud, reader, now in
      try cloud.authenticate(
        Secret(tokens.access), certificateThumbprint: nil,
        requiring: Set(ClientKind.allCases), in: reader, at: now)
    }
    switch outcome {
    case .accepted(let caller), .acceptedFirstUse(let caller): return caller
    case .wrongKind, .refused: throw CancellationError()
    }
  }
}

import CloudCore
import Testing

struct FaultEndpointTests {
  @Test(
    arguments: [
      ("POST /oauth/token", "POST", "/oauth/token", true),
      ("POST /oauth/token", "GET", "/oauth/token", false),
      ("POST /oauth/token", "POST", "/oauth/token/", true),
      ("POST /oauth/token", "POST", "/oauth/tokens", false),
      ("/oauth/token", "GET", "/oauth/token", true),
      ("* /oauth/token", "PUT", "/oauth/token", true),
      ("/v1/devices/*", "GET", "/v1/devices/7", true),
      ("/v1/devices/{id}", "GET", "/v1/devices/7", true),
      ("/v1/devices/*", "GET", "/v1/devices", false),
      ("/v1/devices/*", "GET", "/v1/devices/7/motions", false),
      ("/v1/*/7", "GET", "/v1/devices/7", true), ("GET /v1/**", "GET", "/v1", true),
      ("GET /v1/**", "GET", "/v1/devices/7/motions", true), ("/**", "GET", "/", true),
      ("/oauth/token", "GET", "/oauth/{x}", false),
    ])
  func `a pattern matches a request`(
    text: String, method: String, path: String, expected: Bool
  ) throws {
    #expect(try FaultEndpoint(text).matches(method: method, path: path) == expected)
  }

  @Test(
    arguments: [
      "", "oauth/token", "post /oauth/token", " /oauth/token", "POST  /oauth/token", "POST oauth",
      "/v1/**/motions", "/v1/dev*", "/oauth/token?x=1", "POST /a b",
      "/" + String(repeating: "x", count: 256),
    ])
  func `what is no pattern is refused`(text: String) {
    #expect(throws: FaultProblem.self) { try FaultEndpoint(text) }
  }

  @Test func `a pattern covers a route that leaves it open`() throws {
    let route = FaultRoute(method: "GET", path: "/v1/devices/{id}")
    #expect(try FaultEndpoint("GET /v1/devices/7").covers(route))
    #expect(try FaultEndpoint("/v1/**").covers(route))
    #expect(try !FaultEndpoint("POST /v1/devices/7").covers(route))
    #expect(try !FaultEndpoint("/v1/device/7").covers(route))
  }
}

struct FaultSpecificationTests {
  private let routes = [
    FaultRoute(method: "POST", path: "/oauth/token"), FaultRoute(method: "GET", path: "/health"),
  ]

  private func problem(
    _ phase: FaultPhase, _ action: FaultAction,
    _ change: (inout FaultSpecification) throws -> Void = { _ in }
  ) -> String? {
    do {
      var fault = FaultSpecification(phase: phase, action: action)
      try change(&fault)
      try fault.check(routes: self.routes, clientIDs: ["relink-app"])
      return nil
    } catch {
      return (error as? FaultProblem)?.description ?? "\(error)"
    }
  }

  @Test func `what makes sense is taken`() {
    #expect(self.problem(.beforeCommit, .reset) == nil)
    #expect(self.problem(.afterByte(0), .close(tellsTLS: true)) == nil)
    #expect(self.problem(.afterByte(9), .reset) { $0.bytesPerSecond = 10 } == nil)
    #expect(self.problem(.beforeCommit, .slow) { $0.delayMilliseconds = 1 } == nil)
    #expect(self.problem(.handshake, .certificate(.expired)) { $0.match.serverName = "x" } == nil)
    #expect(
      self.problem(.afterCommit, .reset) {
        $0.match.endpoint = try FaultEndpoint("/oauth/*")
        $0.match.grant = .refreshToken
        $0.match.clientID = "relink-app"
        $0.turn.probability = 1
      } == nil)
  }

  @Test func `what could never strike is refused by name`() {
    let close = FaultAction.close(tellsTLS: false)
    func expect(_ problem: String?, names word: String) {
      #expect(problem?.contains("'\(word)'") == true, "\(problem ?? "taken")")
    }
    expect(self.problem(.beforeCommit, close) { $0.turn.count = 0 }, names: "count")
    expect(self.problem(.beforeCommit, close) { $0.turn.every = 0 }, names: "every")
    for probability in [0, -1, 1.5, Double.nan] {
      expect(
        self.problem(.beforeCommit, close) { $0.turn.probability = probability },
        names: "probability")
    }
    expect(
      self.problem(.beforeCommit, close) { $0.match.endpoint = try FaultEndpoint("/helth") },
      names: "endpoint")
    expect(
      self.problem(.beforeCommit, close) {
        $0.match.endpoint = try FaultEndpoint("GET /health")
        $0.match.grant = .pairing
      }, names: "grant")
    expect(self.problem(.beforeCommit, close) { $0.match.clientID = "x" }, names: "client")
    expect(self.problem(.beforeCommit, close) { $0.match.serverName = "x" }, names: "server_name")
    expect(self.problem(.beforeCommit, close) { $0.bytesPerSecond = 9 }, names: "bandwidth")
    expect(self.problem(.afterCommit, .slow) { $0.bytesPerSecond = 0 }, names: "bandwidth")
    expect(self.problem(.afterCommit, .slow), names: "delay_ms")
    expect(
      self.problem(.afterCommit, .slow) { $0.delayMilliseconds = 600_001 }, names: "delay_ms")
    expect(self.problem(.afterCommit, .certificate(.expired)), names: "phase")
    expect(self.problem(.handshake, close), names: "phase")
    #expect(self.problem(.afterByte(1), .malformed(.empty)) != nil)
    #expect(self.problem(.afterByte(1), .status(FaultAnswer(status: 503))) != nil)
  }

  @Test func `a certificate can't be presented to whom is not known yet`() {
    let changes: [(String, (inout FaultMatch) throws -> Void)] = [
      ("endpoint", { $0.endpoint = try FaultEndpoint("/health") }),
      ("grant", { $0.grant = .relink }),
      ("client", { $0.clientID = "relink-app" }), ("kind", { $0.kind = .app }),
      ("device_id", { $0.device = DeviceID(bits: UUIDBits(high: 1, low: 1)) }),
      ("account_email", { $0.accountEmail = EmailAddress("a@b.c") }),
    ]
    for (name, change) in changes {
      let problem = self.problem(.handshake, .certificate(.otherHost)) { try change(&$0.match) }
      #expect(problem?.hasPrefix("member '\(name)' is not known") == true)
    }
  }

  @Test(
    arguments: [
      FaultAnswer(status: 199), FaultAnswer(status: 600),
      FaultAnswer(status: 204, body: "x"),
      FaultAnswer(status: 503, headers: [.init(name: "Retry After", value: "1")]),
      FaultAnswer(status: 503, headers: [.init(name: "", value: "1")]),
      FaultAnswer(status: 503, headers: [.init(name: "Content-Length", value: "1")]),
      FaultAnswer(status: 503, headers: [.init(name: "X", value: "1\r\nY: 2")]),
      FaultAnswer(status: 503, body: String(repeating: "x", count: 32_769)),
      FaultAnswer(
        status: 503, headers: (0..<33).map { .init(name: "X-\($0)", value: "1") }),
    ])
  func `an answer that HTTP does not allow is refused`(answer: FaultAnswer) {
    #expect(self.problem(.beforeCommit, .status(answer)) != nil)
  }
}

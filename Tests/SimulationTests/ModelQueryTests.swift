import CloudCore
import DeviceProtocol
import Simulation
import Testing

/// What the engine asks the model.
@Suite struct ModelQueryTests {
  @Test func `it says why a token is dead`() {
    var stage = ModelStage()
    let app = stage.signIn("ada@example.org")
    let camera = stage.pair(.porch, by: app)
    let next = stage.refresh(camera)
    func access(_ certificate: DeviceID?, at time: UnixMilliseconds? = nil) -> String? {
      stage.model.refusal(
        ofAccessToken: camera.access, certificate: certificate, at: time ?? stage.now)
    }
    func refresh(_ token: String, _ certificate: DeviceID? = .porch) -> String? {
      stage.model.refusal(
        ofRefreshToken: token, kind: .camera, certificate: certificate, at: stage.now)
    }
    #expect(access(.porch) == nil)
    #expect(access(.hall) == "wrong_certificate")
    #expect(access(.porch, at: UnixMilliseconds(stage.now.value + 3_600_000)) == "expired")
    #expect(stage.model.refusal(ofAccessToken: "", certificate: nil, at: stage.now) != nil)
    #expect(refresh(camera.refresh) == nil)
    #expect(refresh(next.refresh) == nil)
    #expect(refresh(next.refresh, .hall) == "token_unknown")
    #expect(refresh("no such token") == "token_unknown")
    _ = stage.refresh(next)
    #expect(refresh(camera.refresh) == "replayed")
    #expect(stage.model.session(ofRefreshToken: next.refresh) == .alive)
    stage.loggedOut(.device(.porch))
    #expect(access(.porch) == "logged_out")
    #expect(refresh(next.refresh) == "logged_out")
    #expect(stage.model.session(ofRefreshToken: next.refresh) == .loggedOut)
    #expect(stage.model.session(ofRefreshToken: "no such token") == .unknown)
  }

  @Test func `it knows who owns what and who is logged in`() {
    var stage = ModelStage()
    let app = stage.signIn("ada@example.org")
    _ = stage.signIn("eve@example.org")
    let camera = stage.pair(.porch, by: app)
    stage.record([.motion(3), .motion(1)], by: camera)
    #expect(stage.model.owner(of: .porch) == app.account)
    #expect(stage.model.owner(of: .hall) == nil)
    #expect(stage.model.devices(of: app.account) == [.porch])
    #expect(stage.model.recordings(of: .porch).map(\.sequence) == [1, 3])
    #expect(stage.model.session(ofDevice: .porch) == .alive)
    #expect(stage.model.liveSessionCount(of: .app, at: stage.now) == 2)
    #expect(stage.model.liveSessionCount(of: .camera, at: stage.now) == 1)
    #expect(stage.loggedOut(.kind(.app)) == 2)
    #expect(!stage.model.isLoggedIn(app.account, at: stage.now))
    #expect(stage.model.liveSessionCount(of: .app, at: stage.now) == 0)
    #expect(stage.model.liveSessionCount(of: .camera, at: stage.now) == 1)
    stage.right(camera.asking(.unbind), .done, certificate: .porch)
    #expect(stage.model.owner(of: .porch) == nil)
    #expect(stage.model.session(ofDevice: .porch) == nil)
    #expect(stage.model.recordings(of: .porch).isEmpty)
  }

  @Test func `a session whose id is seen later can be logged out by it`() {
    var stage = ModelStage()
    var app = stage.signIn("ada@example.org")
    app.session = nil
    let hidden = stage.tokens(app.account)
    var unnamed = hidden
    unnamed.session = nil
    stage.right(.exchangeCode(stage.code(of: "ada@example.org")), unnamed.answer)
    let id = SessionID(number: -3)
    #expect(stage.loggedOut(.session(id)) == 0)
    stage.right(
      unnamed.asking(.session), .session(id, kind: .app, account: app.account, device: nil))
    #expect(stage.loggedOut(.session(id)) == 1)
    #expect(stage.model.session(ofRefreshToken: unnamed.refresh) == .loggedOut)
    stage.model.loggedOut(sessionOfRefreshToken: app.refresh)
    #expect(stage.model.session(ofRefreshToken: app.refresh) == .loggedOut)
  }

  @Test(arguments: ["token_unknown", "logged_out"])
  func `after a restore the copy's devices are there and all tokens are dead`(word: String) {
    var stage = ModelStage()
    let app = stage.signIn("ada@example.org")
    let camera = stage.pair(.porch, by: app, .silent)
    stage.record([.motion(1)], by: camera)
    let copy = stage.model
    let newer = stage.refresh(camera)
    stage.record([.motion(2)], by: newer)
    let hall = stage.pair(.hall, by: app)
    stage.model.restored(from: copy)
    #expect(stage.model.recordings(of: .porch).map(\.sequence) == [1])
    #expect(stage.model.owner(of: .hall) == nil)
    #expect(stage.model.liveSessionCount(of: .camera, at: stage.now) == 0)
    for held in [camera, newer, hall] {
      stage.right(held.asking(.events), .dead(word), certificate: held.device)
      stage.right(held.presented(), .denied(word), certificate: held.device)
    }
    let back = stage.tokens(app.account, .porch)
    stage.right(.relink, back.answer, certificate: .porch)
    stage.use(back)
    let violation = stage.observe(newer.asking(.events), .done, certificate: .porch)
    #expect(violation?.rule == 1)
  }

  @Test func `a copy is a snapshot`() {
    var stage = ModelStage()
    let app = stage.signIn("ada@example.org")
    let copy = stage.model
    stage.model.everySessionIsDead()
    #expect(stage.model.session(ofRefreshToken: app.refresh) == .loggedOut)
    #expect(copy.session(ofRefreshToken: app.refresh) == .alive)
    #expect(copy.isLoggedIn(app.account, at: stage.now))
  }
}
